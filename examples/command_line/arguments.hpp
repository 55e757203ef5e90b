#pragma once
#include <string>

namespace CLI {
class App;
}

namespace command_line {

/// What --help or --version asked for: thrown where the arguments are parsed, printed where the program ends, with 0.
struct answer {
  std::string text;
};

/// Parses, --help and --version included.
/// throws  answer
/// errors  std::invalid_argument with one line on what is wrong; for an unknown option with the nearest one
void parse_arguments(CLI::App& app, int argc, char** argv);

}  // namespace command_line
