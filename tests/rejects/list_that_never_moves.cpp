// expects: moves_its_weights
#include "two_workers.hpp"

using namespace saddle;

/// Two gradients, and both only for a look-ahead.
struct undecided : extragradient {
#ifndef SADDLE_ACCEPT
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, look_ahead<Who>, estimate<name::h, Who>, look_ahead<Who>>;
#endif
};

int main() { train(undecided{}, identity{}, parameter_server{}); }
