#pragma once
#include <cstdint>
#include <exception>
#include <string>

#include "processes.hpp"

namespace command_line {

/// After this the first interrupt is only noted, so that a run can end after its step, with all outputs written. A
/// second one ends the program.
void note_interrupts();
bool interrupted();

std::string hexadecimal(std::uint64_t x);

/// One line on stderr, whatever the message; returns the code.
int fail(char const* program, std::exception const& e, int code);

/// A program, in one process or under mpirun: parse(argc, argv) gives what is asked for, make(that) a pointer to a job
/// with everything checked and nothing written, and its run() the exit code. What the first two throw is a line and
/// code 2, what the last one throws a line and code 1; the job is destroyed before.
template <class Parse, class Make>
int program(char const* name, int argc, char** argv, Parse const& parse, Make const& make) {
  auto const run = [&] {
    decltype(parse(argc, argv)) asked;
    try {
      asked = parse(argc, argv);
    } catch (std::exception const& e) {
      return rank() == 0 ? fail(name, e, 2) : 2;  // the same for all
    }
    decltype(make(asked)) ready;
    try {
      ready = make(asked);
    } catch (std::exception const& e) {
      end_all(fail(name, e, 2));
    }
    try {
      return ready->run();
    } catch (std::exception const& e) {
      ready.reset();  // removes what is half written
      end_all(fail(name, e, 1));
    }
  };
  try {
    return with_processes(argc, argv, run);
  } catch (std::exception const& e) {
    return fail(name, e, 1);
  }
}

}  // namespace command_line
