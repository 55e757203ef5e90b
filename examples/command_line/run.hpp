#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>
#include <saddle/run/checkpoint.hpp>

#include "output_file.hpp"
#include "picture.hpp"
#include "processes.hpp"
#include "program.hpp"
#include "progress.hpp"
#include "run_options.hpp"
#include "strip.hpp"

namespace command_line {

/// PATH with a step before its ending: out.png, out-100.png.
std::string at_step(std::string const& path, std::int64_t step);

/// The outputs of a run, all empty but on rank 0. That each can be written is tried when this is made. One that fails
/// later is a line on stderr, and does not keep the others from being written.
class run_files {
 public:
  /// `first` is the step that the run begins at; `inputs` are files that it reads; `row` is a row of the log, whose names
  /// are the log's columns.
  /// errors  std::invalid_argument: two have one name, one is an input, the log is another; std::runtime_error: one
  ///         cannot be written
  run_files(run_options const& o, bool is_first, std::int64_t first, std::vector<std::string> const& inputs,
            nlohmann::ordered_json const& row);

  /// f(), which writes an output. What it throws is reported.
  template <class F>
  void attempt(F const& f) {
    try {
      f();
    } catch (std::exception const& e) {
      report(e);
    }
  }
  void report(std::exception const& e);
  bool failed() const { return failed_; }

  /// The log and the strip, of such data.
  void begin(data_set const& data);
  /// What an evaluation adds to both.
  void add(nlohmann::ordered_json const& row, std::int64_t step, data_set const& data,
           saddle::samples const& generated);
  /// A picture and a table, each for itself; `step`: on the way.
  void write(data_set const& data, saddle::samples const& generated, std::optional<std::int64_t> step = {});
  void write(nlohmann::ordered_json const& summary);
  void write_exported(std::string const& bytes);
  bool exports() const { return !o_.exported.empty(); }
  /// Where everything goes, in words.
  std::string in_words() const;

 private:
  run_options o_;
  log_file log_;
  strip_file strip_;
  bool is_first_, continues_strip_ = true, failed_ = false;
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

/// Whether a signal has come. All processes stop after the same step, and ask each other now and then, for it costs two
/// round trips: so often that it takes about 50 ms from a signal to the end of the step.
template <class Driver>
class stop_signal {
 public:
  explicit stop_signal(Driver& driver) : driver_(driver) {}

  bool has_come() {
    if (is_alone_) return noted_signal() != 0;
    if (--left_ > 0) return false;
    bool const stops = driver_.any(noted_signal() != 0);
    auto const now = clock::now();
    bool const seldom = driver_.any(now - asked_ > std::chrono::milliseconds(50));
    asked_ = now;
    every_ = seldom ? std::max(1, every_ / 2) : std::min(64, 2 * every_);
    left_ = every_;
    return stops;
  }
  /// The same for all processes, of which perhaps only one has had it.
  named_signal const* which() const {
    for (named_signal const& one : noted_signals)
      if (is_alone_ ? noted_signal() == one.number : driver_.any(noted_signal() == one.number)) return &one;
    return nullptr;
  }

 private:
  using clock = std::chrono::steady_clock;
  Driver& driver_;
  bool is_alone_ = !under_mpirun();
  int every_ = 1, left_ = 1;
  clock::time_point asked_ = clock::now();
};

/// Trains from step `first` to the end, or until a signal, and writes what a run leaves behind. On rank 0 the job gives
///   beginning()                             what will run, in words
///   sent(report)                            the traffic
///   generated()                             samples of the generator as it is now
///   rate(generated)                         their score
///   row(report, score)                      of the log
///   summary(report, score, digest)          for the JSON
///   in_words(report, score, digest)
///   exported()                              the bytes of --export, if it has any
/// Returns the program's exit status.
template <class Driver, class Job>
int carry_out(Driver& driver, Job& job, data_set const& data, run_options const& o, bool is_first, std::int64_t first,
              run_files& files) {
  auto const falls_on = [](std::int64_t step, std::int64_t every) { return every > 0 && step % every == 0; };
  stop_signal stop(driver);
  note_signals();
  progress shown(first, o.steps, o.quiet || !is_first);
  if (is_first) {
    shown.say(job.beginning() + "; steps " + std::to_string(std::min(first + 1, o.steps)) + " to " +
              std::to_string(o.steps));
    files.begin(data);
    shown.say(files.in_words());
  }

  score latest;
  auto const evaluate = [&](auto const& r, saddle::samples const& generated) {
    latest = job.rate(generated);
    files.add(job.row(r, latest), r.step, data, generated);
    shown.evaluated(r.step, job.sent(r), latest);
  };
  auto const save = [&] {
    try {
      driver.save(o.checkpoint);
    } catch (saddle::bad_checkpoint const& e) {  // in all processes
      files.report(e);
    }
  };
  bool first_time = true;
  for (bool last = first == o.steps; !last;) {
    driver.step();
    auto const r = driver.report();
    last = stop.has_come() || r.step == o.steps;
    if (is_first && !last && falls_on(r.step, o.evaluate_every)) {
      auto const begin = std::chrono::steady_clock::now();
      files.attempt([&] { evaluate(r, job.generated()); });
      std::chrono::duration<double> const spent = std::chrono::steady_clock::now() - begin;
      if (first_time) shown.say("an evaluation takes " + readable_seconds(spent.count()));
      first_time = false;
    }
    if (is_first && !last && falls_on(r.step, o.samples_every))
      files.attempt([&] { files.write(data, job.generated(), r.step); });
    if (!last && falls_on(r.step, o.every)) save();
    if (is_first) shown.stepped(r.step, job.sent(r));
  }

  auto r = driver.report();
  if (!o.checkpoint.empty()) save();  // first of all: after a signal there may be little time
  named_signal const* const stopped_by = r.step < o.steps ? stop.which() : nullptr;
  r.wire_bytes = driver.wire_bytes();
  std::uint64_t const digest = driver.digest();
  if (is_first) {
    files.attempt([&] {
      saddle::samples const generated = job.generated();
      files.write(data, generated);
      evaluate(r, generated);
    });
    files.attempt([&] { files.write(job.summary(r, latest, digest)); });
    if constexpr (requires { job.exported(); })
      if (files.exports()) files.attempt([&] { files.write_exported(job.exported()); });
    shown.say(job.in_words(r, latest, digest));
    if (stopped_by != nullptr)
      shown.say(std::string("stopped by ") + stopped_by->name + " after step " + std::to_string(r.step) + " of " +
                std::to_string(o.steps) +
                (o.checkpoint.empty() || files.failed() ? "" : "; --resume " + o.checkpoint + " continues"));
  }
  return files.failed() ? 1 : stopped_by != nullptr ? 128 + stopped_by->number : 0;
}

}  // namespace command_line
