// expects: a compressor on the downlink that looks at the fresh average needs error_feedback
#include "two_workers.hpp"

using namespace saddle;

struct unbiased : adacomp_residual<> {
  static constexpr double omega = 1;
};

int main() {
  train(omd{}, identity{}, parameter_server{error_feedback<unbiased>{}});
#ifndef SADDLE_ACCEPT
  train(omd{}, identity{}, parameter_server{unbiased{}});
#endif
}
