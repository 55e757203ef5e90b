// expects: between its rounds local_steps has no average to look ahead along: use the local extrapolation
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, identity{}, local_steps{parameter_server{}, 2});
#ifndef SADDLE_ACCEPT
  train(averaged_omd{}, identity{}, local_steps{parameter_server{}, 2});
#endif
}
