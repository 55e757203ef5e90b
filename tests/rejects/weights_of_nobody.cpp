// expects 1: the workers of this server count by weights, and the optimizer says none
// expects 2: scalars that it keeps of both
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(adaptive_extragradient{}, identity{}, weighted_server<>{});
#ifndef SADDLE_ACCEPT
#if SADDLE_MISTAKE == 1
  train(extragradient{}, identity{}, weighted_server<>{});
#else
  train(alternating_players{adaptive_extragradient{}, adaptive_extragradient{}}, identity{}, parameter_server{});
#endif
#endif
}
