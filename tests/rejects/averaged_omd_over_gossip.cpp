// expects: gossip has no average to look ahead along: use the local extrapolation
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, identity{}, gossip{.graph = ring(2)});
#ifndef SADDLE_ACCEPT
  train(averaged_omd{}, identity{}, gossip{.graph = ring(2)});
#endif
}
