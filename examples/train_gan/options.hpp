#pragma once
#include <string>

#include "../command_line/run_options.hpp"
#include "composition.hpp"
#include "gan.hpp"

namespace train_gan {

/// Everything that the command line says, the defaults of its method and data filled in.
struct options : command_line::run_options {
  std::string method, data, labels, loss, buffers;  // no buffers where the game has none
  composition policies;
  gan_sizes sizes;
};

/// errors  std::invalid_argument with one line on what is wrong
/// throws  answer: what --help or --version asked for
options parse(gan_program const& program, int argc, char** argv);

}  // namespace train_gan
