// Two optimizers that cannot step together.
// expects 1: both players' optimizers must take the same number of gradients
// expects 2: a player's optimizer already chooses its player
// expects 3: both players' optimizers must look ahead and exchange at the same places of their steps
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(per_player<omd, sgda>{}, identity{}, parameter_server{});
#ifdef SADDLE_MISTAKE
#if SADDLE_MISTAKE == 1
  train(per_player<omd, extragradient>{}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 2
  train(per_player<alternating_sgda, alternating_sgda>{}, identity{}, parameter_server{});
#elif SADDLE_MISTAKE == 3
  train(per_player<extragradient, averaged_extragradient>{}, identity{}, parameter_server{});
#endif
#endif
}
