#include "program.hpp"

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <new>

#include <saddle/core/printable.hpp>

namespace command_line {
namespace {

char const* called = "";
volatile sig_atomic_t noted = 0;
timespec noted_at;  // written once, by the handler, before a second signal looks at it

extern "C" void note(int number) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (noted == 0) {
    noted_at = now;
    noted = number;
  } else if (number == SIGINT || number == SIGTERM || number == SIGHUP) {
    auto const waited = (now.tv_sec - noted_at.tv_sec) * 1000 + (now.tv_nsec - noted_at.tv_nsec) / 1000000;
    if (waited < 200) return;
    signal(number, SIG_DFL);
    raise(number);
  }
}

}  // namespace

void note_signals() {
  struct sigaction how = {};
  how.sa_handler = note;
  how.sa_flags = SA_RESTART;
  for (auto const& [number, name] : noted_signals) sigaddset(&how.sa_mask, number);  // one after the other
  for (auto const& [number, name] : noted_signals) {
    struct sigaction before = {};
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(number, &how, nullptr);
  }
}
int noted_signal() { return noted; }

std::string hexadecimal(std::uint64_t x) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(x));
  return text;
}

int fail(std::exception const& e, int code) {
  bool const is_memory = dynamic_cast<std::bad_alloc const*>(&e) != nullptr;
  std::string line(is_memory ? "there is not enough memory" : e.what());
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::cerr << called << ": " << saddle::printable(line) << '\n';
  return code;
}

void begin_program(char const* name) {
  called = name;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}
void print(answer const& a) {
  if (rank() == 0) std::cout << a.text << std::flush;
}

}  // namespace command_line
