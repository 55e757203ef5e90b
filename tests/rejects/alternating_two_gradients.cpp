// expects: alternating takes an optimizer of one gradient a step
#include "two_workers.hpp"

using namespace saddle;

int main() {
  train(alternating<omd>{}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(alternating<extragradient>{}, identity{}, parameter_server{});
#endif
}
