// expects: a biased compressor on the downlink needs error_feedback
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(omd{}, qsgd<512, 8>{}, parameter_server{error_feedback<top_k<512, 8>>{}});
#ifndef SADDLE_ACCEPT
  train(omd{}, qsgd<512, 8>{}, parameter_server{top_k<512, 8>{}});
#endif
}
