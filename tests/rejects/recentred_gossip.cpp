// expects: recentred takes the mean of those who are there, and over gossip nobody knows it: use tracked
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, identity{}, recentred{parameter_server{}});
#ifndef SADDLE_ACCEPT
  train(sgda{}, identity{}, recentred{gossip{.graph = ring(2)}});
#endif
}
