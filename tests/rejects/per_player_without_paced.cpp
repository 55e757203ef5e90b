// expects: the maximizing player's optimizer needs paced(n)
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
  train(per_player<plain, sgda>{.min = {}, .max = {}, .max_steps = 3}, identity{}, parameter_server{});
#ifndef SADDLE_ACCEPT
  train(per_player<sgda, plain>{.min = {}, .max = {}, .max_steps = 3}, identity{}, parameter_server{});
#endif
}
