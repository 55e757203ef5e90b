#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace command_line {

/// How long a run is, and what it leaves behind: what all programs that train have on their command lines.
struct run_options {
  std::int64_t steps = 0;            // 0: as many as train such data well
  std::int64_t evaluate_every = -1;  // 0: only at the end; -1: ten times a run
  std::int64_t every = 0;            // 0: only at the end
  std::int64_t samples_every = 0;    // 0: only at the end
  std::string json, samples, samples_csv, strip, log, checkpoint, resume, classifier, exported;
  bool quiet = false;
};

/// --steps, to `group`.
void add_length(CLI::App& app, run_options& o, std::string const& group);
/// The group Output; --export where the program `exports` torch modules.
void add_outputs(CLI::App& app, run_options& o, bool exports = false);
/// What --help says at its end: `examples`, the defaults that depend on the data as a table, and what all programs that
/// train have in common.
void add_footer(CLI::App& app, std::vector<std::string> const& examples,
                std::vector<std::vector<std::string>> const& defaults);
/// Fills in what was not said.
/// errors  std::invalid_argument
void complete(run_options& o, std::int64_t steps);

}  // namespace command_line
