#pragma once
#include <cstdint>
#include <string>

#include "composition.hpp"
#include "gan.hpp"

namespace train_gan {

/// Everything that the command line says, the defaults of its method and data filled in.
struct options {
  std::string method, data;
  composition policies;
  gan_sizes sizes;
  std::int64_t steps = 0, evaluate_every = 0, every = 0;  // 0: only at the end
  std::string json, samples, samples_csv, log, checkpoint, resume;
  bool quiet = false;
};

/// errors  std::invalid_argument with one line on what is wrong
/// exits   with 0 after --help
options parse(int argc, char** argv);

}  // namespace train_gan
