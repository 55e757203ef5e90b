// expects: the optimizer needs step_size_at(step, player)
#include "two_workers.hpp"

using namespace saddle;

struct plain {
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t step) const {
    return {T(0.1) / static_cast<T>(step)};
  }
  static std::string name() { return "plain"; }
};

int main() {
  train(plain{}, ef21{top_k<512, 4>{}}, parameter_server<exact_downlink, adapts::on_average>{});
#ifndef SADDLE_ACCEPT
  train(plain{}, ef21{top_k<512, 4>{}}, parameter_server<>{});
#endif
}
