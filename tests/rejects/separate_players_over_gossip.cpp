// expects: separate_players meet at a server
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, identity{}, separate_players{parameter_server{}});
#ifndef SADDLE_ACCEPT
  train(sgda{}, identity{}, separate_players{gossip{.graph = ring(2)}});
#endif
}
