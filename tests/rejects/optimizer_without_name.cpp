// expects: has_a_name
#include "two_workers.hpp"

using namespace saddle;

struct plain {
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t) const {
    return {T(0.1)};
  }
#ifdef SADDLE_ACCEPT
  static std::string name() { return "plain"; }
#endif
};

int main() { train(plain{}, identity{}, parameter_server{}); }
