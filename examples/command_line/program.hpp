#pragma once
#include <csignal>
#include <cstdint>
#include <exception>
#include <string>

#include "arguments.hpp"
#include "processes.hpp"

namespace command_line {

/// By which people, shells, launchers and schedulers end a program or announce its end.
struct named_signal {
  int number;
  char const* name;
};
inline constexpr named_signal noted_signals[] = {{SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"},
                                                 {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}, {SIGXCPU, "SIGXCPU"}};

/// After this the first of these signals is only noted, so that a run can end after its step, with all outputs written.
/// SIGINT, SIGTERM or SIGHUP once more ends the program at once, but not within 0.2 seconds: shells and launchers send
/// some twice. What was ignored when the program started, as SIGHUP under nohup, stays ignored.
void note_signals();
/// The number of the one that has come; 0: none.
int noted_signal();

std::string hexadecimal(std::uint64_t x);

/// One line on stderr, whatever the message; returns the code.
int fail(std::exception const& e, int code);

/// What every program begins with: its name for messages; a closed pipe or a full quota is an error where something is
/// written, and not the program's end.
void begin_program(char const* name);
/// On rank 0, to stdout.
void print(answer const& a);

/// A program, in one process or under mpirun: parse(argc, argv) gives what is asked for, make(that) a pointer to a job
/// with everything checked and nothing written, and its run() the exit code. What the first two throw is a line and
/// code 2, what the last one throws a line and code 1; the job is destroyed before.
template <class Parse, class Make>
int program(char const* name, int argc, char** argv, Parse const& parse, Make const& make) {
  begin_program(name);
  auto const run = [&] {
    decltype(parse(argc, argv)) asked;
    try {
      asked = parse(argc, argv);
    } catch (answer const& a) {
      print(a);
      return 0;
    } catch (std::exception const& e) {
      return rank() == 0 ? fail(e, 2) : 2;  // the same for all
    }
    decltype(make(asked)) ready;
    try {
      ready = make(asked);
    } catch (std::exception const& e) {
      end_all(fail(e, 2));
    }
    try {
      return ready->run();
    } catch (std::exception const& e) {
      ready.reset();  // removes what is half written
      end_all(fail(e, 1));
    }
  };
  try {
    return with_processes(argc, argv, run);
  } catch (std::exception const& e) {
    return fail(e, 1);
  }
}

}  // namespace command_line
