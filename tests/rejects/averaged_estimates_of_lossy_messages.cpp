// expects: this correction sends estimates as they are, and not their changes, which go to zero: it needs exact messages
#include "two_workers.hpp"

using namespace saddle;

int main() {
  using momentum = hybrid_momentum<sgda, large_batch>;
  train(momentum{}, identity{}, averaged_estimates{parameter_server{}});
#ifndef SADDLE_ACCEPT
  train(momentum{}, error_feedback{top_k<128, 8>{}}, averaged_estimates{parameter_server{}});
#endif
}
