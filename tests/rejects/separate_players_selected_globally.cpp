// expects: separate_players: a compressor that selects from both players' coordinates
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, error_feedback{top_k<128, 4>{}}, separate_players{parameter_server{}});
#ifndef SADDLE_ACCEPT
  train(sgda{}, error_feedback{global_top_k<128>{0.1}}, separate_players{parameter_server{}});
#endif
}
