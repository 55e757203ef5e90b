#pragma once
#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace command_line {

/// How long a run is, and what it leaves behind: what all programs that train have on their command lines.
struct run_options {
  std::int64_t steps = 0;            // 0: as many as train such data well
  std::int64_t evaluate_every = -1;  // 0: only at the end; -1: ten times a run
  std::int64_t every = 0;            // 0: only at the end
  std::string json, samples, samples_csv, log, checkpoint, resume, classifier;
  bool quiet = false;
};

/// --steps, to `group`.
void add_length(CLI::App& app, run_options& o, std::string const& group);
/// The group Output, but for --log: not every program has one.
void add_outputs(CLI::App& app, run_options& o);
/// errors  std::invalid_argument with one line on what is wrong
/// exits   with 0 after --help
void parse_arguments(CLI::App& app, int argc, char** argv);
/// Fills in what was not said.
/// errors  std::invalid_argument
void complete(run_options& o, std::int64_t steps);

}  // namespace command_line
