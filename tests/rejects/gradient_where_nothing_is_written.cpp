// expects: takes_gradients_where_something_is_written
#include "two_workers.hpp"

using namespace saddle;

/// Past extragradient that does not say when its h is written.
struct past_extragradient : omd {
#ifndef SADDLE_ACCEPT
  template <class Who>
  using steps = step_list<estimate<name::h, Who>, descend<Who>>;
#endif
};

int main() { train(past_extragradient{}, identity{}, parameter_server{}); }
