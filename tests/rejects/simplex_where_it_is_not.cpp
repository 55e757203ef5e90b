// expects 1: on_simplex goes around all of an optimizer
// expects 2: on_simplex: this method moves from its look-ahead
// expects 3: this optimizer averages a point of each round: it needs a server
// expects 4: exact_max goes around gossip
// expects 5: checkpointed: the maximizing player takes one gradient a round
// expects 6: per_player: both players' optimizers must look ahead and exchange at the same places
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(on_simplex{clip_by_norm{sgda{}}}, identity{}, exact_max{gossip{.graph = ring(2)}});
#ifndef SADDLE_ACCEPT
#if SADDLE_MISTAKE == 1
  train(clip_by_norm{on_simplex{sgda{}}}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 2
  train(on_simplex{masha{}}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 3
  train(checkpointed{sgda{}, sgda{}}, identity{}, gossip{.graph = ring(2)});
#elif SADDLE_MISTAKE == 4
  train(sgda{}, identity{}, exact_max{parameter_server{}});
#elif SADDLE_MISTAKE == 5
  train(checkpointed{sgda{}, omd{}}, identity{}, parameter_server{});
#else
  train(per_player{on_simplex{sgda{}}, sgda{}}, identity{}, parameter_server{});
#endif
#endif
}
