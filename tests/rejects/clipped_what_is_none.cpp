// expects 1: clipping goes around the optimizer of a player
// expects 2: clipping: this method compresses differences of operators
// expects 3: clipping: this optimizer divides by the norms of all gradients so far
// expects 4: clip_by_norm is outermost
// expects 5: an estimator goes around all of the optimizer
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(per_player{clip_by_norm{clip_by_value{sgda{}}}, sgda{}}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
#if SADDLE_MISTAKE == 1
  train(clip_by_norm{per_player{sgda{}, sgda{}}}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 2
  train(clip_by_value{masha{}}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 3
  train(clip_by_norm{adaptive{}}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 4
  train(clip_by_value{clip_by_norm{sgda{}}}, identity{}, parameter_server{});
#else
  train(clip_by_norm{same_sample_optimism{sgda{}}}, identity{}, parameter_server{});
#endif
#endif
}
