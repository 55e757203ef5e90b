#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include <saddle/train/report.hpp>

#include "rating.hpp"

namespace command_line {

/// Empty where nothing could be rated.
std::string readable(score const& s);
std::string readable_bytes(std::int64_t bytes);

/// One line that is written again and again on a terminal, a line an evaluation elsewhere, nothing if it is
/// quiet.
class progress {
 public:
  progress(std::int64_t first, std::int64_t last, bool quiet);

  void stepped(std::int64_t step, saddle::message_bytes sent);
  void evaluated(std::int64_t step, saddle::message_bytes sent, score const& s);
  /// A line of its own.
  void say(std::string const& text);

 private:
  using clock = std::chrono::steady_clock;
  std::string line(std::int64_t step, saddle::message_bytes sent) const;

  std::int64_t first_, last_;
  bool quiet_, terminal_;
  clock::time_point start_ = clock::now(), shown_ = start_;
  std::string score_;
};

}  // namespace command_line
