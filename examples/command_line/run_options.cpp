#include "run_options.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
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

void add_outputs(CLI::App& app, run_options& o) {
  auto const add = [&](char const* name, auto& value, std::string const& about) {
    return app.add_option(name, value, about)->group("Output");
  };
  add("--json", o.json, "Writes what came out");
  add("--samples", o.samples, "Writes a picture, PNG");
  add("--samples-csv", o.samples_csv, "Writes generated samples, one a row, in the units of the data");
  add("--classifier", o.classifier,
      "A file of examples/classifier for such data: adds the Frechet distance on its features and the inception score "
      "of its posteriors");
  add("--evaluate-every", o.evaluate_every, "Steps; 0: only at the end (default: ten times a run)")
      ->check(between(std::int64_t{0}, std::int64_t{1} << 40));
  add("--checkpoint", o.checkpoint, "Writes the state of the run at its end");
  add("--every", o.every, "Writes it also every so many steps")->check(count());
  add("--resume", o.resume, "Continues from a checkpoint");
  app.add_flag("--quiet", o.quiet, "Prints nothing")->group("Output");
}

void parse_arguments(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (CLI::CallForHelp const&) {
    std::cout << app.help();
    std::exit(0);
  } catch (CLI::ParseError const& e) {
    throw std::invalid_argument(e.what());
  }
}

void complete(run_options& o, std::int64_t steps) {
  if (o.steps == 0) o.steps = steps;
  if (o.evaluate_every < 0) o.evaluate_every = std::max<std::int64_t>(1, o.steps / 10);
  if (o.every > 0 && o.checkpoint.empty()) throw std::invalid_argument("--every needs --checkpoint");
}

}  // namespace command_line
