// expects: gives_a_direction
#include "two_workers.hpp"

using namespace saddle;

/// A direction must have the type of the gradient.
template <class Direction>
struct signs {
  template <class T>
  struct rule {
    using state = stateless;
    static constexpr bool writes_ahead = false;
    Direction direction(T gradient, state&) const { return static_cast<Direction>(gradient > 0 ? 1 : -1); }
  };
  template <class T>
  rule<T> at(std::int64_t, int) const {
    return {};
  }
  static int phases() { return 1; }
  static phase at_phase(int) { return {}; }
  static std::string name() { return "signs"; }
};

int main() {
  train(signs<float>{}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(signs<int>{}, identity{}, parameter_server{});
#endif
}
