// expects: centred takes the mean of gradients where a round begins, which a graph does not have: use tracked
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, identity{}, centred{local_steps{parameter_server{}, 2}});
#ifndef SADDLE_ACCEPT
  train(sgda{}, identity{}, centred{local_steps{gossip{.graph = ring(2)}, 2}});
#endif
}
