// expects: averaged_estimates averages what an estimator carries on: use hybrid_momentum or recursive
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(hybrid_momentum<sgda, large_batch>{}, identity{}, averaged_estimates{local_steps{parameter_server{}, 2}});
#ifndef SADDLE_ACCEPT
  train(sgda{}, identity{}, averaged_estimates{local_steps{parameter_server{}, 2}});
#endif
}
