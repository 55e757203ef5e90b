// expects: lists_its_step
#include "two_workers.hpp"

using namespace saddle;

/// Extragradient with a step size that is halved: would run as plain descent if a list of one gradient were a default.
struct halved {
  extragradient inner;

#ifdef SADDLE_ACCEPT
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, look_ahead<Who>, estimate<name::h, Who>, descend<Who>>;
#endif
  using estimator = extragradient::estimator;
  template <class T>
  auto direction(std::int64_t step) const {
    return along_gradient<T>{inner.direction<T>(step).step / 2};
  }
  template <class T>
  auto ahead(std::int64_t step) const {
    return ahead_along_gradient<T>{inner.ahead<T>(step).step / 2};
  }
  static std::string name() { return "halved"; }
};

int main() { train(halved{}, identity{}, parameter_server{}); }
