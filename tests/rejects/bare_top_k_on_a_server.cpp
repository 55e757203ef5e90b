// expects: a biased compressor on a parameter server needs error_feedback
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, error_feedback<top_k<512, 8>>{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(omd{}, top_k<512, 8>{}, parameter_server{});
#endif
}
