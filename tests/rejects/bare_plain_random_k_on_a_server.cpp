// expects: a biased compressor on a parameter server needs error_feedback
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, random_k<512, 8, scaling::unbiased>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, random_k<512, 8, scaling::plain>{}, parameter_server{});
#endif
}
