// expects: a compressor that looks at the fresh direction needs error_feedback
#include "mirrors.hpp"

using namespace saddle;

int main() {
  teach<half<512>, identity>();
#ifndef SADDLE_ACCEPT
  teach<adacomp_residual<>, identity>();
#endif
}
