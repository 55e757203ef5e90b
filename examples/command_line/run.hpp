#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

#include "output_file.hpp"
#include "processes.hpp"
#include "program.hpp"
#include "progress.hpp"
#include "run_options.hpp"

namespace command_line {

/// The files of a run, open from its beginning on; all empty but on rank 0.
struct run_files {
  output_file json, samples, samples_csv, log;

  /// errors  std::invalid_argument: two have one name; std::runtime_error: one of them cannot be written
  run_files(run_options const& o, bool is_first);
  void commit();

 private:
  explicit run_files(run_options const& o)
      : json(o.json), samples(o.samples), samples_csv(o.samples_csv), log(o.log) {}
};

/// Continues from the checkpoint, if one is named. The step that the driver is at.
template <class Driver>
std::int64_t resume(Driver& driver, run_options const& o) {
  if (o.resume.empty()) return 0;
  driver.load(o.resume);
  std::int64_t const step = driver.report().step;
  if (step > o.steps)
    throw std::invalid_argument("checkpoint " + o.resume + " is at step " + std::to_string(step) +
                                ", the run ends at " + std::to_string(o.steps));
  return step;
}

/// Steps until the end of the run or an interrupt, with the checkpoints in between; evaluate(report) on rank 0. Both
/// happen at the end, too, and are the caller's there.
template <class Driver, class Evaluate>
void run_to_end(Driver& driver, run_options const& o, bool is_first, progress& shown, Evaluate const& evaluate) {
  auto const falls_on = [](std::int64_t step, std::int64_t every) { return every > 0 && step % every == 0; };
  // All processes stop at the same step, and ask each other now and then: it costs a round trip.
  auto const stops = [&, is_alone = !under_mpirun()](std::int64_t step) {
    if (is_alone) return interrupted();
    return step % 16 == 0 && driver.any(interrupted());
  };
  note_interrupts();
  for (bool last = driver.report().step == o.steps; !last;) {
    driver.step();
    auto const r = driver.report();
    last = stops(r.step) || r.step == o.steps;
    if (is_first && !last && falls_on(r.step, o.evaluate_every)) evaluate(r);
    if (!last && falls_on(r.step, o.every)) driver.save(o.checkpoint);
    shown.stepped(r.step, r.uplink);
  }
}

}  // namespace command_line
