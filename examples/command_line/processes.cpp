#include "processes.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

#include <saddle/transport/launched.hpp>
#include <saddle/transport/loopback.hpp>
#ifdef COMMAND_LINE_MPI
#include <saddle/transport/mpi.hpp>
#endif

namespace command_line {
namespace {

std::unique_ptr<saddle::communicator> connect_here(connection const& how) {
  if (!how.network) return saddle::loopback{how.workers}.connect();
  return saddle::simulated{.workers = how.workers,
                           .links = {*how.network},
                           .compute = saddle::compute_time::constant(how.gradient_seconds)}
      .connect();
}

}  // namespace

bool under_mpirun() { return saddle::launched_processes() > 1; }

#ifdef COMMAND_LINE_MPI

std::unique_ptr<saddle::communicator> connection::connect() const {
  if (under_mpirun()) return saddle::mpi{.workers = workers, .deadline = deadline, .server = server}.connect();
  return connect_here(*this);
}
int rank() { return under_mpirun() ? boost::mpi::communicator().rank() : 0; }
int with_processes(int argc, char** argv, std::function<int()> const& f) {
  return under_mpirun() ? saddle::mpi::guard(argc, argv, f) : f();
}
void end_all(int code) {
  if (under_mpirun()) boost::mpi::environment::abort(code);
  std::exit(code);
}

#else

std::unique_ptr<saddle::communicator> connection::connect() const { return connect_here(*this); }
int rank() { return 0; }
int with_processes(int, char**, std::function<int()> const& f) {
  if (under_mpirun())
    throw std::runtime_error("a launcher has started " + std::to_string(saddle::launched_processes()) +
                             " processes or more, and this program was built without MPI: each would train by itself "
                             "and write the same files");
  return f();
}
void end_all(int code) { std::exit(code); }

#endif

}  // namespace command_line
