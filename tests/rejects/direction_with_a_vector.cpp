// expects: directions_fit_in_kernel_arguments
#include <vector>

#include "two_workers.hpp"

using namespace saddle;

/// An operation goes to the device by its bytes.
template <class Numbers>
struct polynomial {
  template <class T>
  struct along_powers {
    using values = uses<in<name::g>, out<name::v>>;
    Numbers factors;
    SADDLE_HD void operator()(T g, T& v) const { v = static_cast<T>(factors[0]) * g; }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_powers<T> direction(std::int64_t) const {
    return {{0.1, 0.2}};
  }
  static std::string name() { return "polynomial"; }
};

int main() {
  train(polynomial<std::array<double, 2>>{}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(polynomial<std::vector<double>>{}, identity{}, parameter_server{});
#endif
}
