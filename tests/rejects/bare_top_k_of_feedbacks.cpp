// expects: a biased compressor of feedbacks needs error_feedback
#include "mirrors.hpp"

using namespace saddle;

int main() {
  teach<identity, error_feedback<top_k<512, 8>>>();
#ifndef SADDLE_ACCEPT
  teach<identity, top_k<512, 8>>();
#endif
}
