// expects: uses_the_look_ahead_that_it_writes
#include "two_workers.hpp"

using namespace saddle;

/// Writes h, and takes its gradients at w all the same.
struct short_sighted : omd {
#ifndef SADDLE_ACCEPT
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>, look_ahead<Who>>;
#endif
};

int main() { train(short_sighted{}, identity{}, parameter_server{}); }
