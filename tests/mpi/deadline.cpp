// mpi_deadline FAILURE: trains on 3 ranks, and rank 1 fails in step 5.
#include <mpi.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "saddle/mpi.hpp"

namespace {

bool loses = false;

}  // namespace

/// Instead of the library's, which is called PMPI_Isend: a message that nobody will ever receive.
extern "C" int MPI_Isend(void const* from, int count, MPI_Datatype type, int to, int tag, MPI_Comm where,
                         MPI_Request* request) {
  if (loses) {
    loses = false;
    *request = MPI_REQUEST_NULL;
    return MPI_SUCCESS;
  }
  return PMPI_Isend(from, count, type, to, tag, where, request);
}

namespace {

using namespace saddle;

struct failing_game {
  using scalar = float;
  char const* failure;
  static players sizes() { return {1000, 1000}; }
  static void initial(std::uint64_t, point<float> w) {
    for (auto part : {w.min, w.max})
      for (float& x : part) x = 1;
  }
  void gradient(point<float const> at, sample s, point<float> out) const {
    for (std::size_t i = 0; i < at.min.size(); ++i) out.min[i] = at.max[i], out.max[i] = -at.min[i];
    if (s.step != 5 || s.worker != 1) return;
    if (std::strcmp(failure, "stopped") == 0) std::raise(SIGSTOP);
    if (std::strcmp(failure, "killed") == 0) std::raise(SIGKILL);
    if (std::strcmp(failure, "thrown") == 0) throw std::runtime_error("rank 1 of this test throws");
    if (std::strcmp(failure, "lost") == 0) loses = true;
  }
};

}  // namespace

int main(int argc, char** argv) {
  return mpi::guard(argc, argv, [&] {
    trainer t{failing_game{argc > 1 ? argv[1] : ""}, omd{0.1}, error_feedback{qsgd<512, 8>{}},
              gossip{.graph = ring(3), .consensus_step = 0.1},
              mpi{.deadline = std::chrono::seconds(3)}, cpu{}};
    t.run(10);
    if (boost::mpi::communicator().rank() == 0) std::puts("all steps were done");
    return 0;
  });
}
