// expects 1: push_sum divides what it mixes
// expects 2: push_sum: what was sent to a worker that is not there would be lost
// expects 3: push_sum mixes w and its weight
#include "two_workers.hpp"

using namespace saddle;

int main() {
  push_sum const pair{equal_shares(ring(2))};
  train(sgda{}, identity{}, pair);
#ifndef SADDLE_ACCEPT
#if SADDLE_MISTAKE == 1
  train(sgda{}, top_k<128, 4>{}, pair);
#elif SADDLE_MISTAKE == 2
  train(sgda{}, identity{}, sampled{pair, 1});
#elif SADDLE_MISTAKE == 3
  train(sgda{}, identity{}, tracked{pair});
#endif
#endif
}
