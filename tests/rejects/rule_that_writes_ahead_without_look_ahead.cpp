// expects: looks_ahead_and_recalls_if_it_writes_ahead
#include "two_workers.hpp"

using namespace saddle;

struct blind {
  template <class T>
  struct rule {
    using state = stateless;
    static constexpr bool writes_ahead = true;
    T direction(T gradient, state&) const { return T(0.1) * gradient; }
    T recall(T gradient, state const&) const { return T(0.1) * gradient; }
#ifdef SADDLE_ACCEPT
    static constexpr extrapolation from = extrapolation::local;
    T look_ahead(T w, T past) const { return w - past; }
#endif
  };
  template <class T>
  rule<T> at(std::int64_t, int) const {
    return {};
  }
  static constexpr int phases() { return 1; }
  static constexpr phase at_phase(int) { return {.at_h = true}; }
  static std::string name() { return "blind"; }
};

int main() { train(blind{}, identity{}, parameter_server{}); }
