// expects: public copies need a contraction
#include "two_workers.hpp"

using namespace saddle;

int main() {
  gossip const talk{.graph = ring(2), .consensus_step = 0.1};
  train(sgda{}, random_k<512, 64, scaling::plain>{}, talk);
#ifndef SADDLE_ACCEPT
  train(sgda{}, random_k<512, 64>{}, talk);
#endif
}
