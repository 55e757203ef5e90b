// expects 1: primal_dual goes around gossip
// expects 2: primal_dual sends differences to public copies, which need no memory
// expects 3: primal_dual exchanges neither w nor its look-ahead
// expects 4: public copies need a contraction
#include "two_workers.hpp"

using namespace saddle;

int main() {
  gossip const pair{.graph = ring(2), .consensus_step = 0.1};
  train(sgda{}, top_k<128, 4>{}, primal_dual{pair});
#ifndef SADDLE_ACCEPT
#if SADDLE_MISTAKE == 1
  train(sgda{}, identity{}, primal_dual{parameter_server{}});
#elif SADDLE_MISTAKE == 2
  train(sgda{}, error_feedback{top_k<128, 4>{}}, primal_dual{pair});
#elif SADDLE_MISTAKE == 3
  train(averaged_extragradient{}, top_k<128, 4>{}, primal_dual{pair});
#elif SADDLE_MISTAKE == 4
  train(sgda{}, qsgd<128, 2>{}, primal_dual{pair});
#endif
#endif
}
