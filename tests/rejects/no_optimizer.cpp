// expects: gives_a_direction
#include "two_workers.hpp"

using namespace saddle;

/// A direction is an operation on named numbers, not a number.
struct signs {
  template <class T>
  struct along_sign {
    using values = uses<in<name::g>, out<name::v>>;
    SADDLE_HD void operator()(T g, T& v) const { v = T(g > 0 ? 1 : -1); }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
#ifdef SADDLE_ACCEPT
  template <class T>
  along_sign<T> direction(std::int64_t) const {
    return {};
  }
#else
  template <class T>
  T direction(T g) const {
    return T(g > 0 ? 1 : -1);
  }
#endif
  static std::string name() { return "signs"; }
};

int main() { train(signs{}, identity{}, parameter_server{}); }
