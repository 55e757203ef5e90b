#include "progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace command_line {
namespace {

template <class... Args>
std::string format(char const* how, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, how, args...);
  return text;
}

}  // namespace

std::string readable(score const& s) {
  std::string text;
  auto const add = [&](std::string const& more) { text += (text.empty() ? "" : ", ") + more; };
  if (s.frechet_distance) add(format("Frechet distance %.3f", *s.frechet_distance));
  if (s.feature_distance)
    add(format(s.frechet_distance ? "of features %.3f" : "Frechet distance of features %.3f", *s.feature_distance));
  if (s.inception_score) add(format("score %.2f", *s.inception_score));
  if (s.modes_covered)
    add(format("%d modes, %.1f %% good", *s.modes_covered, 100 * s.good_samples.value_or(0)));
  return text;
}

std::string readable_bytes(std::int64_t bytes) {
  double const b = static_cast<double>(bytes);
  return b < 1e6   ? format("%.0f kB", b / 1e3)
         : b < 1e9 ? format("%.1f MB", b / 1e6)
                   : format("%.2f GB", b / 1e9);
}

progress::progress(std::int64_t first, std::int64_t last, bool quiet)
    : first_(first), last_(last), quiet_(quiet), terminal_(::isatty(STDOUT_FILENO) == 1) {}

void progress::stepped(std::int64_t step, saddle::message_bytes sent) {
  if (quiet_ || !terminal_) return;
  clock::time_point const now = clock::now();
  if (step < last_ && now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  std::printf("\r\033[K%s", line(step, sent).c_str());
  std::fflush(stdout);
}

void progress::evaluated(std::int64_t step, saddle::message_bytes sent, score const& s) {
  score_ = readable(s);
  if (quiet_ || terminal_) return;
  std::printf("%s\n", line(step, sent).c_str());
  std::fflush(stdout);
}

void progress::say(std::string const& text) {
  if (quiet_) return;
  std::printf("%s%s\n", terminal_ ? "\r\033[K" : "", text.c_str());
  std::fflush(stdout);
}

std::string progress::line(std::int64_t step, saddle::message_bytes sent) const {
  double const seconds = std::chrono::duration<double>(clock::now() - start_).count();
  double const rate = seconds > 0 ? static_cast<double>(step - first_) / seconds : 0;
  double const left = rate > 0 ? static_cast<double>(last_ - step) / rate : 0;
  return format("step %lld of %lld, %.0f a second, %d:%02d left, %s sent", static_cast<long long>(step),
                static_cast<long long>(last_), rate, static_cast<int>(left) / 60, static_cast<int>(left) % 60,
                readable_bytes(sent.total).c_str()) +
         (score_.empty() ? "" : ", " + score_);
}

}  // namespace command_line
