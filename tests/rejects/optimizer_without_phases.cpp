// expects: says_how_many_phases
#include "two_workers.hpp"

using namespace saddle;

/// Extragradient with a step size that is halved: would run as plain descent if one phase were a default.
struct halved {
  extragradient inner;

  template <class T>
  rule_of<extragradient, T> at(std::int64_t step, int k) const {
    return {{inner.at<T>(step, k).step_size / 2}};
  }
#ifdef SADDLE_ACCEPT
  static constexpr int phases() { return 2; }
#endif
  phase at_phase(int k) const { return inner.at_phase(k); }
  static std::string name() { return "halved"; }
};

int main() { train(halved{}, identity{}, parameter_server{}); }
