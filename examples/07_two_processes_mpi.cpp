// The first example over MPI: mpirun -n 2 two_processes_mpi. Each of the four workers lives in one of the processes.
#include <cmath>
#include <cstdio>
#include <saddle/mpi.hpp>
#include <saddle/problem/bilinear.hpp>

int main(int argc, char** argv) {
  using namespace saddle;
  return mpi::guard(argc, argv, [] {  // an exception in one process ends all, instead of leaving them waiting
    trainer t{bilinear<>::random(5, 0.3, 4, 1), omd{.step_size = 0.2}, error_feedback{qsgd<512, 8>{}},
              parameter_server<>{}, mpi{.workers = 4}, cpu{}};
    t.run(2000);
    double distance = 0;
    for (int p = 0; p < 2; ++p)
      for (double const w : t.weights(t.first_worker()).of(p)) distance = std::hypot(distance, w);
    auto const digest = static_cast<unsigned long long>(t.digest());  // the same on any number of processes
    if (t.first_worker() == 0) std::printf("%.1e from the saddle point, digest %016llx\n", distance, digest);
    return distance < 1e-6 ? 0 : 1;
  });
}
