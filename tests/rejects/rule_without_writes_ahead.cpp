// expects: says_whether_it_writes_ahead
#include "two_workers.hpp"

using namespace saddle;

/// Past extragradient that does not say when its h is written.
struct past_extragradient {
  template <class T>
  struct rule {
    using state = stateless;
    static constexpr extrapolation from = extrapolation::local;
#ifdef SADDLE_ACCEPT
    static constexpr bool writes_ahead = true;
#endif
    T direction(T gradient, state&) const { return T(0.1) * gradient; }
    T recall(T gradient, state const&) const { return T(0.1) * gradient; }
    T look_ahead(T w, T past) const { return w - past; }
  };
  template <class T>
  rule<T> at(std::int64_t, int) const {
    return {};
  }
  static constexpr int phases() { return 1; }
  static constexpr phase at_phase(int) { return {.at_h = true}; }
  static std::string name() { return "past-extragradient"; }
};

int main() { train(past_extragradient{}, identity{}, parameter_server{}); }
