#include "progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace command_line {
namespace {

template <class... Args>
std::string format(char const* how, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, how, args...);
  return text;
}

/// Of the terminal, now: it may be resized.
int columns() {
  winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) return size.ws_col;
  char const* const said = std::getenv("COLUMNS");
  int const n = said == nullptr ? 0 : std::atoi(said);
  return n > 1 ? n : 80;
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
  if (s.losses) add(format("losses %.3f and %.3f", (*s.losses)[0], (*s.losses)[1]));
  for (auto const& [name, value] : s.own)
    if (value) add(name + format(" %.3f", *value));
  return text;
}

std::string readable_bytes(std::int64_t bytes) {
  double const b = static_cast<double>(bytes);
  return b < 1e4   ? format("%lld bytes", static_cast<long long>(bytes))
         : b < 1e6 ? format("%.0f kB", b / 1e3)
         : b < 1e9 ? format("%.1f MB", b / 1e6)
                   : format("%.2f GB", b / 1e9);
}

std::string readable_seconds(double seconds) {
  return seconds < 1 ? format("%.0f ms", 1000 * seconds) : format("%.1f s", seconds);
}

std::string readable(traffic const& t) {
  auto const share = [](double of_dense, char const* what) {
    return of_dense > 0 ? format(" (%.1f %%%s)", 100 * of_dense, what) : "";
  };
  std::string text = readable_bytes(t.up.total) + " up" + share(t.up_of_dense(), " of dense");
  if (t.down.total > 0) text += ", " + readable_bytes(t.all().total) + " both ways" + share(t.both_of_dense(), "");
  return text;
}

std::string padding(traffic const& t) {
  double const total = static_cast<double>(t.all().total), more = total - static_cast<double>(t.all().payload);
  return more > 0.01 * total ? format(", %.0f %% of it headers and padding", 100 * more / total) : "";
}

progress::progress(std::int64_t first, std::int64_t last, bool quiet) : first_(first), last_(last), quiet_(quiet) {
  char const* const kind = std::getenv("TERM");
  terminal_ = ::isatty(STDOUT_FILENO) == 1 && std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr && kind != nullptr &&
              std::string_view(kind) != "dumb";
}
progress::~progress() {
  if (!shows_) return;
  std::putchar('\n');
  std::fflush(stdout);
}

void progress::stepped(std::int64_t step, traffic const& sent) {
  if (quiet_ || !terminal_) return;
  clock::time_point const now = clock::now();
  if (step < last_ && now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  shows_ = true;
  std::printf("\r\033[K%.*s", columns() - 1, line(step, sent).c_str());  // a full line would begin the next one
  std::fflush(stdout);
}

void progress::evaluated(std::int64_t step, traffic const& sent, score const& s) {
  score_ = readable(s);
  if (quiet_ || terminal_) return;
  std::printf("%s\n", line(step, sent).c_str());
  std::fflush(stdout);
}

void progress::say(std::string const& text) {
  if (quiet_) return;
  std::printf("%s%s\n", shows_ ? "\r\033[K" : "", text.c_str());
  shows_ = false;
  std::fflush(stdout);
}

std::string progress::line(std::int64_t step, traffic const& sent) const {
  double const seconds = std::chrono::duration<double>(clock::now() - start_).count();
  double const rate = seconds > 0 ? static_cast<double>(step - first_) / seconds : 0;
  double const left = rate > 0 ? static_cast<double>(last_ - step) / rate : 0;
  return format("step %lld of %lld, %.*f a second, %lld:%02d left", static_cast<long long>(step),
                static_cast<long long>(last_), rate < 10 ? 1 : 0, rate, static_cast<long long>(left) / 60,
                static_cast<int>(static_cast<long long>(left) % 60)) +
         (score_.empty() ? "" : ", " + score_) + ", " + readable(sent);
}

}  // namespace command_line
