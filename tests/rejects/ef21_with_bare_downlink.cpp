// expects: ef21 adds up what comes down, and what a bare downlink loses stays in the sum for good
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, ef21<qsgd<512, 8>>{}, parameter_server{error_feedback<qsgd<512, 8>>{}});
#ifndef SADDLE_ACCEPT
  train(omd{}, ef21<qsgd<512, 8>>{}, parameter_server{qsgd<512, 8>{}});
#endif
}
