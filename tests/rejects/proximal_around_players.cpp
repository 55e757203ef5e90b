// expects: proximal goes around the optimizer of a player
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(per_player{proximal{sgda{}}, sgda{}}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(proximal{per_player{sgda{}, sgda{}}}, identity{}, parameter_server{});
#endif
}
