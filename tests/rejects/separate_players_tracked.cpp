// expects: separate_players: what is kept of the sum over all workers counts those that are another player's
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, error_feedback{top_k<128, 4>{}}, separate_players{parameter_server{}});
#ifndef SADDLE_ACCEPT
  train(sgda{}, identity{}, tracked{separate_players{parameter_server{}}});
#endif
}
