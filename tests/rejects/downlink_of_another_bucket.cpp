// expects: the downlink's bucket must be the uplink's
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, qsgd<512, 8>{}, parameter_server{qsgd<512, 4>{}});
#ifndef SADDLE_ACCEPT
  train(omd{}, qsgd<512, 8>{}, parameter_server{qsgd<256, 8>{}});
#endif
}
