// expects: ef21 adds up what a server averages, and gossip has none: use error_feedback, or send bare
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, ef21<top_k<>>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(sgda{}, ef21<top_k<>>{}, gossip{.graph = ring(2), .consensus_step = 0.1});
#endif
}
