// expects: says_what_it_looks_ahead_along
#include "two_workers.hpp"

using namespace saddle;

/// A look-ahead along the worker's own direction or the average of all: the rule does not say which.
struct vague {
  template <class T>
  struct rule : sgda::rule<T> {
#ifdef SADDLE_ACCEPT
    static constexpr extrapolation from = extrapolation::averaged;
#endif
    T look_ahead(T w, T past) const { return w - past; }
  };
  template <class T>
  rule<T> at(std::int64_t, int) const {
    return {{T(0.1)}};
  }
  static constexpr int phases() { return 2; }
  static phase at_phase(int k) { return k == 0 ? phase{.commits = false} : phase{.at_h = true}; }
  static std::string name() { return "vague"; }
};

int main() { train(vague{}, identity{}, parameter_server{}); }
