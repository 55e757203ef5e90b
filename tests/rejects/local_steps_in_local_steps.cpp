// expects: local_steps inside of local_steps: the outer `every` would not be seen
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, identity{}, local_steps{parameter_server{}, 4});
#ifndef SADDLE_ACCEPT
  train(sgda{}, identity{}, local_steps<local_steps<parameter_server<>>>{{{}, 2}, 2});
#endif
}
