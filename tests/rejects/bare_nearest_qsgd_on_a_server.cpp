// expects: a biased compressor on a parameter server needs error_feedback
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, qsgd<512, 4, rounding::dithered>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, qsgd<512, 4, rounding::nearest>{}, parameter_server{});
#endif
}
