// expects: the maximizing player's optimizer needs paced(n)
#include "two_workers.hpp"

using namespace saddle;

struct plain {
  template <class T>
  sgda::rule<T> at(std::int64_t step, int) const {
    return {T(0.1) / static_cast<T>(step)};
  }
  static constexpr int phases() { return 1; }
  static constexpr phase at_phase(int) { return {}; }
  static std::string name() { return "plain"; }
};

int main() {
  train(per_player<plain, sgda>{.min = {}, .max = {}, .max_steps = 3}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(per_player<sgda, plain>{.min = {}, .max = {}, .max_steps = 3}, identity{}, parameter_server{});
#endif
}
