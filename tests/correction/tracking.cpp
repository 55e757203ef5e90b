#include "saddle/correction/tracking.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"

namespace tracking_tests {

using namespace saddle;

namespace {

struct every_step : run_archetype {
  using topology_type = tracked<parameter_server<>>;
};
struct in_rounds : run_archetype {
  using topology_type = tracked<local_steps<parameter_server<>>>;
};
static_assert(std::is_same_v<tracking::result<every_step, name::g, 0>, name::s>);  // no pass over the gradient
static_assert(std::is_same_v<tracking::result<every_step, name::g, 1>, name::g>);
static_assert(std::is_same_v<tracking::result<in_rounds, name::est, 0>, name::g>);  // what is carried on stays as it is

}  // namespace

TEST_CASE("tracking: the mean of the trackers is that of the first gradients, with noise and at every time") {
  test::heterogeneous_game const noisy(0.3);
  auto const check = [&](auto o, auto topology) {
    auto t = test::trainer_of(noisy, o, identity{}, topology);
    for (int k = 0; k < 200; ++k) {
      t.step();
      CHECK(test::distance(test::mean_of(t, "s"), test::mean_of(t, "old")) < 1e-13);
    }
  };
  gossip const ring8{.graph = ring(8)};
  check(sgda{0.02}, tracked{ring8});
  check(extragradient{0.02}, tracked{ring8});
  check(sgda{0.02}, tracked{local_steps{parameter_server{}, 3}});
}

TEST_CASE("tracking: on a server with rounds of one step it is descent along the mean gradient") {
  test::heterogeneous_game const game;
  auto a = test::trainer_of(game, sgda{0.02}, identity{}, tracked{local_steps{parameter_server{}, 1}});
  auto b = test::trainer_of(game, sgda{0.02}, identity{}, parameter_server{});
  for (int k = 0; k < 300; ++k) {
    a.step();
    b.step();
    CHECK(test::distance(a, test::joined(b.weights(0))) < 1e-14);
  }
}

}  // namespace tracking_tests
