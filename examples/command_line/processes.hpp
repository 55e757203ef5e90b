#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <saddle/transport/concept.hpp>
#include <saddle/transport/simulated.hpp>

namespace command_line {

/// Where the workers are, chosen when the program runs: in this process, there perhaps on a modelled network, or over
/// the ranks that mpirun has started.
struct connection {
  int workers = 1;
  std::chrono::milliseconds deadline{};
  saddle::server_place server = saddle::server_place::sharded;
  std::optional<saddle::link_kind> network{};
  double gradient_seconds = 0.01;  // on that network

  std::unique_ptr<saddle::communicator> connect() const;
};

/// Whether a launcher, mpirun or srun, has started this process, and others with it.
bool under_mpirun();
/// Which one it is.
int rank();
/// f(), with MPI where a launcher has started others with this process.
int with_processes(int argc, char** argv, std::function<int()> const& f);
/// Ends this process, and all others too where there are some: they would wait for this one.
[[noreturn]] void end_all(int code);

}  // namespace command_line
