// expects: control variates correct the drift between rounds: put them around local_steps, or use tracked
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, identity{}, controlled{local_steps{parameter_server{}, 2}});
#ifndef SADDLE_ACCEPT
  train(sgda{}, identity{}, controlled{parameter_server{}});
#endif
}
