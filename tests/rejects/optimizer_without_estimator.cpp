// expects: names_its_estimator
#include "two_workers.hpp"

using namespace saddle;

struct plain {
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
#ifdef SADDLE_ACCEPT
  using estimator = one_gradient;
#endif
  template <class T>
  along_gradient<T> direction(std::int64_t) const {
    return {T(0.1)};
  }
  static std::string name() { return "plain"; }
};

int main() { train(plain{}, identity{}, parameter_server{}); }
