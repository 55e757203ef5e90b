// expects 1: layerwise goes around the optimizer of a player
// expects 2: this optimizer looks ahead by another length
// expects 3: layerwise: lengths are in units of the step size
// expects 4: clipping: layer-wise norms are those of directions
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(per_player{layerwise{clip_by_norm{adam{}}}, sgda{}}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
#if SADDLE_MISTAKE == 1
  train(layerwise{per_player{sgda{}, sgda{}}}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 2
  train(layerwise{omd{}}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 3
  train(layerwise{adaptive{}}, identity{}, parameter_server{});
#else
  train(clip_by_norm{layerwise{sgda{}}}, identity{}, parameter_server{});
#endif
#endif
}
