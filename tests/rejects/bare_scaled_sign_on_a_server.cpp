// expects: a biased compressor on a parameter server needs error_feedback
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, error_feedback<scaled_sign<512>>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, scaled_sign<512>{}, parameter_server{});
#endif
}
