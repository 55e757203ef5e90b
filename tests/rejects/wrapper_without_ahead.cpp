// expects: says_how_it_looks_ahead
#include "two_workers.hpp"

using namespace saddle;

/// Passes on all but one of omd's members.
struct forgetful {
  omd inner;

  template <class Who>
  using steps = omd::steps<Who>;
  using estimator = omd::estimator;
  template <class T>
  auto direction(std::int64_t step) const {
    return inner.direction<T>(step);
  }
#ifdef SADDLE_ACCEPT
  template <class T>
  auto ahead(std::int64_t step) const {
    return inner.ahead<T>(step);
  }
#endif
  static std::string name() { return "forgetful"; }
};

int main() { train(forgetful{}, identity{}, parameter_server{}); }
