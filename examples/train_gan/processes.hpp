#pragma once
#include <chrono>
#include <functional>
#include <memory>

#include <saddle/transport/concept.hpp>

namespace train_gan {

/// Where the workers are, chosen when the program runs: in this process, or over the ranks that mpirun has started.
struct connection {
  int workers = 1;
  std::chrono::milliseconds deadline{};
  saddle::server_place server = saddle::server_place::sharded;

  std::unique_ptr<saddle::link> connect() const;
};

/// Whether mpirun has started this process, and others with it.
bool under_mpirun();
/// Which one it is.
int rank();
/// f(), with MPI where mpirun has started this process.
int with_processes(int argc, char** argv, std::function<int()> const& f);
/// Ends this process, and all others too where there are some: they would wait for this one.
[[noreturn]] void end_all(int code);

}  // namespace train_gan
