// expects: a server in every step averages directions, and with them what they remember
#include "two_workers.hpp"

using namespace saddle;

int main() {
  using exchanged = momentum<momenta::exchanged>;
  train(exchanged{}, identity{}, local_steps{parameter_server{}, 2});
#ifndef SADDLE_ACCEPT
  train(exchanged{}, identity{}, parameter_server{});
#endif
}
