#include "run_options.hpp"

#include <algorithm>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "option_values.hpp"

namespace command_line {
namespace {

CLI::Validator count() { return between(std::int64_t{1}, std::int64_t{1} << 40); }

}  // namespace

void add_length(CLI::App& app, run_options& o, std::string const& group) {
  app.add_option("--steps", o.steps, "Length of the run, a resumed one included")->check(count())->group(group);
}

void add_outputs(CLI::App& app, run_options& o, bool exports) {
  auto const add = [&](char const* name, auto& value, std::string const& about) {
    return app.add_option(name, value, about)->group("Output");
  };
  CLI::Validator const named(
      [](std::string& value) { return value.empty() ? std::string("the name of the file is empty") : std::string(); },
      "");
  add("--json", o.json, "Writes what came out")->check(named);
  add("--samples", o.samples, "Writes a picture, PNG")->check(named);
  add("--samples-csv", o.samples_csv, "Writes generated samples, one a row, in the units of the data")->check(named);
  add("--samples-every", o.samples_every,
      "Writes both also every so many steps, with the step in the name: out.png, out-100.png, ...")->check(count());
  add("--strip", o.strip, "Writes a picture, PNG, a row an evaluation: the same latent points over time")->check(named);
  add("--log", o.log, "Writes the way there, CSV, a row an evaluation")->check(named);
  add("--classifier", o.classifier,
      "A file of examples/classifier for such data: adds the Frechet distance on its features and the inception score "
      "of its posteriors")->check(named);
  add("--evaluate-every", o.evaluate_every, "Steps; 0: only at the end (default: ten times a run)")
      ->check(between(std::int64_t{0}, std::int64_t{1} << 40));
  add("--checkpoint", o.checkpoint, "Writes the state of the run at its end")->check(named);
  if (exports)
    add("--export", o.exported, "Writes the averaged networks as state dicts that Python's torch.load reads")
        ->check(named);
  add("--every", o.every, "Writes it also every so many steps")->check(count());
  add("--resume", o.resume, "Continues from a checkpoint")->check(named);
  app.add_flag("--quiet", o.quiet, "Prints nothing but errors")->group("Output");
}

void add_footer(CLI::App& app, std::vector<std::string> const& examples,
                std::vector<std::vector<std::string>> const& defaults) {
  std::string text = "Examples:\n";
  for (std::string const& one : examples) text += "  " + one + "\n";
  text += "\nDefaults that depend on the data:\n";
  std::vector<std::size_t> widths(defaults.at(0).size());
  for (auto const& row : defaults)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  for (auto const& row : defaults) {
    text += " ";
    for (std::size_t c = 0; c < row.size(); ++c)
      text += " " + row[c] + (c + 1 < row.size() ? std::string(widths[c] - row[c].size() + 1, ' ') : "");
    text += "\n";
  }
  text += R"(
A classifier's metric: examples/classifier digits digits.classifier, or with idx:FOLDER or
cifar:FILE in place of digits, trains one; --classifier digits.classifier then rates by it. For a
number of your own there is a place in examples/command_line/own_metrics.hpp.

Outputs: that each can be written is tried before the run begins. One that cannot be written at
the end is reported, the others are written, and the exit status is 1. A file takes its name when
it is complete, the strip at each evaluation; the log grows under its name. /dev/stdout and other
devices are written straight.

--resume: log and strip keep their rows up to the step of the checkpoint, drop those after it, and
go on; the log's seconds count anew. JSON, samples and checkpoint are replaced, the checkpoint also
where it is the one that was resumed. Samples on the way are replaced step by step.

Signals: SIGINT (Ctrl-C), SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 or SIGXCPU ends the run after its step,
with its checkpoint and all outputs; the exit status is 128 + the signal. SIGINT, SIGTERM or SIGHUP
once more ends it at once. Where stdout is closed, as by | head, the run goes on and prints no more.

mpirun: as root it wants --allow-run-as-root. After Ctrl-C or a SIGTERM, Open MPI waits 1 s, ends the
ranks by SIGTERM, and kills them 1 s later, which may be too soon for a checkpoint: with
mpirun --mca odls_base_sigkill_timeout 10 it waits 10 s each time.

Exit status: 0; 1 where the run failed or an output could not be written; 2 for arguments, data or
a checkpoint that are no good, with nothing written; 128 + n after signal n.)";
  app.footer(text);
}

void complete(run_options& o, std::int64_t steps) {
  if (o.steps == 0) o.steps = steps;
  if (o.evaluate_every < 0) o.evaluate_every = std::max<std::int64_t>(1, o.steps / 10);
  if (o.every > 0 && o.checkpoint.empty()) throw std::invalid_argument("--every needs --checkpoint");
  if (o.samples_every > 0 && o.samples.empty() && o.samples_csv.empty())
    throw std::invalid_argument("--samples-every needs --samples or --samples-csv");
}

}  // namespace command_line
