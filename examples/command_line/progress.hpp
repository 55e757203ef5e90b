#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include <saddle/run/report.hpp>

#include "rating.hpp"

namespace command_line {

/// What messages have taken so far. Their payload is compared with that of a dense message in every step (0: with
/// nothing); the totals include headers and padding.
struct traffic {
  saddle::message_bytes up, down;
  std::int64_t dense_up = 0, dense_down = 0;

  saddle::message_bytes all() const {
    saddle::message_bytes both = up;
    return both += down;
  }
  double up_of_dense() const { return share(up.payload, dense_up); }
  double both_of_dense() const { return share(up.payload + down.payload, dense_up + dense_down); }

 private:
  static double share(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  }
};

/// Empty where nothing could be rated.
std::string readable(score const& s);
std::string readable(traffic const& t);
/// What of the bytes is headers and padding, where that is more than one in a hundred; otherwise empty.
std::string padding(traffic const& t);
std::string readable_bytes(std::int64_t bytes);
std::string readable_seconds(double seconds);

/// One line that is written again and again on a terminal, and fits into it; a line an evaluation elsewhere, also under
/// Open MPI, which gives its ranks a terminal whatever stands behind; nothing if it is quiet. Where stdout cannot be
/// written, as after `| head -1`, nothing is shown and the run goes on.
class progress {
 public:
  progress(std::int64_t first, std::int64_t last, bool quiet);
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;
  /// What is printed next begins a line.
  ~progress();

  void stepped(std::int64_t step, traffic const& sent);
  void evaluated(std::int64_t step, traffic const& sent, score const& s);
  /// A line of its own.
  void say(std::string const& text);

 private:
  using clock = std::chrono::steady_clock;
  std::string line(std::int64_t step, traffic const& sent) const;

  std::int64_t first_, last_;
  bool quiet_, terminal_, shows_ = false;
  clock::time_point start_ = clock::now(), shown_ = start_;
  std::string score_;
};

}  // namespace command_line
