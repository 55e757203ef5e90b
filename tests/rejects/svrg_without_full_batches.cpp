// expects: the problem needs has_full_batches = true
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(sgda{}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(variance_reduced{sgda{}}, identity{}, parameter_server{});
#endif
}
