// expects: the optimizer needs step_size_at(step, player)
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
  train(plain{}, ef21{top_k<512, 4>{}}, parameter_server<exact_downlink, adapts::on_average>{});
#ifndef SADDLE_ACCEPT
  train(plain{}, ef21{top_k<512, 4>{}}, parameter_server<>{});
#endif
}
