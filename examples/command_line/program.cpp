#include "program.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <new>

namespace command_line {
namespace {

std::atomic<bool> was_interrupted = false;

void interrupt(int) {
  was_interrupted = true;
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace

void note_interrupts() { std::signal(SIGINT, interrupt); }
bool interrupted() { return was_interrupted; }

std::string hexadecimal(std::uint64_t x) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(x));
  return text;
}

int fail(char const* program, std::exception const& e, int code) {
  std::string line = dynamic_cast<std::bad_alloc const*>(&e) != nullptr ? "there is not enough memory" : e.what();
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::cerr << program << ": " << line << '\n';
  return code;
}

}  // namespace command_line
