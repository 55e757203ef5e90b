// A consumer that has warnings on: it includes all headers and instantiates some of each kind.
#include <cstdio>

#include <saddle/algorithm/async_server.hpp>
#include <saddle/games.hpp>
#ifdef WITH_MPI
#include <saddle/mpi.hpp>
#endif
#include <saddle/saddle.hpp>

using namespace saddle;

namespace {

template <class O, class C, class T>
double trained(O optimizer, C compressor, T topology) {
  trainer t{bilinear<>::random(5, 0.3, 4, 1), optimizer, compressor, topology, loopback{4}, cpu{2},
            settings{.average = averaging::uniform}};
  t.run(3);
  return t.averaged_weights(0).min[0];
}

}  // namespace

int main(int argc, char** argv) {
  double sum = trained(omd{.step_size = 0.1}, error_feedback{qsgd<512, 4, rounding::nearest>{}}, parameter_server<>{}) +
               trained(adam{}, identity{}, gossip{ring(4)}) +
               trained(extra_adam{}, error_feedback{top_k<128, 8>{}}, parameter_server<>{}) +
               trained(sgda{.step_size = 0.1}, ef21{scaled_sign<>{}}, parameter_server<>{}) +
               trained(extragradient{.step_size = 0.1}, natural<>{}, parameter_server<>{}) +
               trained(optimistic_adam{}, error_feedback{global_top_k<>{}}, local_steps{parameter_server<>{}, 2});
  trainer gan{mlp_gan<float>{ring8().draw(100, 1), {.generator = {8}, .discriminator = {8}, .workers = 2}},
              dqgan<optimistic_adam, qsgd<512, 8>>{}, loopback{2}, cpu{}};
  gan.run(2);
  sum += static_cast<double>(gan.weights(0).max[0]);
#ifdef WITH_MPI
  if (argc > 1) return mpi::guard(argc, argv, [] { return static_cast<int>(mpi{}.connect()->rank()); });
#else
  static_cast<void>(argc), static_cast<void>(argv);
#endif
  std::printf("trained: %g\n", sum);
}
