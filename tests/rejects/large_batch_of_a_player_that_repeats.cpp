// expects: a large batch repeats a gradient, and this optimizer repeats a player's moves: take full batches, all_data
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(variance_reduced<sgda, large_batch>{}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(variance_reduced<per_player<sgda, sgda>, large_batch>{}, identity{}, parameter_server{});
#endif
}
