// The arguments of a trainer, wrong in every likely way.
// expects 1: the optimizer comes before the compressor: trainer{problem, optimizer, compressor, topology
// expects 2: the executor is missing: cpu{} or cuda{} behind the transport
// expects 3: the transport is missing: loopback{.workers = 4}, simulated{...} or mpi{} before the executor
// expects 4: the 4th argument must be a topology: parameter_server{}, gossip{.graph = ring(4)}
// expects 5: behind the policies comes a transport: loopback{.workers = 4}, simulated{...} or mpi{}
// expects 6: behind the transport comes an executor: cpu{} or cuda{}
// expects 7: a trainer takes problem, optimizer, compressor, topology, transport, executor, or problem, composition
// expects 8: the 1st argument must be a problem: it has `using scalar = float;` or double
// expects 9: the 1st argument must be a problem: it has `sizes()`, `initial(seed, w)` and `gradient(at, sample, out)`
// expects 10: the 1st argument must be a problem: it has `sizes()`, `initial(seed, w)` and `gradient(at, sample, out)`
// expects 11: the 2nd argument must be an optimizer: sgda{}, omd{}, adam{} or your own
// expects 12: the 2nd argument must be a composition, with `optimizer`, `compressor` and `topology`
// expects 13: the 3rd argument must be a compressor: identity{}, error_feedback{...} or your own
// expects 14: behind the policies comes a transport: loopback{.workers = 4}, simulated{...} or mpi{}
#include "two_workers.hpp"

using namespace saddle;

struct forgot_const : product {
  void gradient(point<float const> at, sample s, point<float> out) { product::gradient(at, s, out); }
};
struct of_another_scalar : product {
  using scalar = double;
};

int main() {
#ifndef SADDLE_MISTAKE
  trainer sound{product{}, omd{}, identity{}, parameter_server{}, loopback{2}, cpu{}, {.seed = 2}};
  trainer named{product{}, dqgan<>{}, loopback{2}, cpu{}, {.seed = 2}};
#elif SADDLE_MISTAKE == 1
  trainer t{product{}, identity{}, omd{}, parameter_server{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 2
  trainer t{product{}, omd{}, identity{}, parameter_server{}, loopback{2}};
#elif SADDLE_MISTAKE == 3
  trainer t{product{}, omd{}, identity{}, parameter_server{}, cpu{}};
#elif SADDLE_MISTAKE == 4
  trainer t{product{}, omd{}, identity{}, ring(4), loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 5
  trainer t{product{}, omd{}, identity{}, parameter_server{}, 4, cpu{}};
#elif SADDLE_MISTAKE == 6
  trainer t{product{}, omd{}, identity{}, parameter_server{}, loopback{2}, settings{}};
#elif SADDLE_MISTAKE == 7
  trainer t{product{}, dqgan<>{}, parameter_server{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 8
  trainer t{3, omd{}, identity{}, parameter_server{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 9
  trainer t{forgot_const{}, omd{}, identity{}, parameter_server{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 10
  trainer t{of_another_scalar{}, omd{}, identity{}, parameter_server{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 11
  trainer t{product{}, 0.01, identity{}, parameter_server{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 12
  trainer t{product{}, omd{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 13
  trainer t{product{}, omd{}, parameter_server{}, identity{}, loopback{2}, cpu{}};
#elif SADDLE_MISTAKE == 14
  trainer t{product{}, omd{}, identity{}, parameter_server{}, cpu{}, loopback{2}};
#endif
}
