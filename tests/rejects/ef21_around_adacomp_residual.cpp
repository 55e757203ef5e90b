// expects: a compressor that looks at the fresh direction needs error_feedback on a parameter server
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, error_feedback{adacomp_residual<>{}}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(sgda{}, ef21{adacomp_residual<>{}}, parameter_server{});
#endif
}
