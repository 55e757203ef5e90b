// expects: leaves_a_direction
#include "two_workers.hpp"

using namespace saddle;

/// Moves w by itself, past the exchange.
struct impatient {
  template <class T>
  struct moves_now {
#ifdef SADDLE_ACCEPT
    using values = uses<in<name::g>, out<name::v>>;
#else
    using values = uses<in<name::g>, inout<name::w>>;
#endif
    SADDLE_HD void operator()(T g, T& to) const { to = T(0.1) * g; }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  moves_now<T> direction(std::int64_t) const {
    return {};
  }
  static std::string name() { return "impatient"; }
};

int main() { train(impatient{}, identity{}, parameter_server{}); }
