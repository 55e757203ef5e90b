// expects: accelerated gossip amplifies what a compressor loses: send exactly, or use gossip
#include "two_workers.hpp"

using namespace saddle;

int main() {
  accelerated_gossip const talk{.graph = ring(2), .rounds = 2, .spectral_gap = 1};
  train(omd{}, identity{}, talk);
#ifndef SADDLE_ACCEPT
  train(omd{}, error_feedback<qsgd<512, 8>>{}, talk);
#endif
}
