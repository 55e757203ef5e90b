// expects: a biased compressor of feedbacks moves where the generator ends
#include "mirrors.hpp"

using namespace saddle;

int main() {
  teach<identity, qsgd<512, 4>>();
  teach<identity, with_bias<top_k<512, 8>>>();
  teach<identity, with_bias<error_feedback<top_k<512, 8>>>>();
#ifndef SADDLE_ACCEPT
  teach<identity, error_feedback<top_k<512, 8>>>();
#endif
}
