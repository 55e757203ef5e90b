#include "saddle/optimizer/momentum.hpp"

#include "gradients.hpp"
#include "../algorithm/loops.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/topology/gossip.hpp"

namespace momentum_tests {

using namespace saddle;
using namespace loops;

TEST_CASE("momentum: m <- beta m + g, of which eta m is taken") {
  momentum<> const o{.step_size = schedule::linear(0.3, 20, 0.1), .beta = 0.6};
  auto const seen = reference::gradients_of(o, 20);
  REQUIRE(seen.size() == 20);
  double x = reference::first_weights.min, y = reference::first_weights.max, mx = 0, my = 0;
  for (int t = 1; t <= 20; ++t) {
    CHECK(seen[static_cast<std::size_t>(t - 1)].min == doctest::Approx(x).epsilon(1e-12));
    CHECK(seen[static_cast<std::size_t>(t - 1)].max == doctest::Approx(y).epsilon(1e-12));
    mx = 0.6 * mx + y;
    my = 0.6 * my - x;
    x -= o.step_size(t) * mx;
    y -= o.step_size(t) * my;
  }
}

TEST_CASE("momentum: numbers that are none of its are refused") {
  CHECK(momentum<>{}.objection() == "");
  CHECK(momentum<>{.beta = 1}.objection() == "momentum: beta lies in [0, 1), and is 1");
  CHECK(momentum<momenta::exchanged>{.step_size = -1}.objection() ==
        "exchanged-momentum: step_size is finite and not negative, and is -1");
  CHECK(momentum<>{0.1, 0.75}.step_size_at(1, 0) == doctest::Approx(0.4));
}

TEST_CASE("exchanged momentum over a graph: w and m are mixed by one matrix, of each player by its own numbers") {
  test::heterogeneous_game const noisy(0.3);
  using one = momentum<momenta::exchanged>;
  gossip const talk{.graph = ring(8)};
  auto t = test::trainer_of(noisy, per_player<one, one>{{0.02, 0.5}, {0.04, 0.8}}, identity{}, talk);
  vectors w = zeros(noisy), m = w;
  for (int step = 1; step <= 60; ++step) {
    vectors const g = fields(noisy, w, step);
    for (std::size_t k = 0; k < w.size(); ++k)
      for (std::size_t i = 0; i < d; ++i) {
        m[k][i] = (i < 10 ? 0.5 : 0.8) * m[k][i] + g[k][i];
        w[k][i] -= (i < 10 ? 0.02 : 0.04) * m[k][i];
      }
    w = mixed(talk.graph, w);
    m = mixed(talk.graph, m);
    t.step();
    REQUIRE(gap(t, w) < 1e-12);
    REQUIRE(gap(t, m, "momentum") < 1e-11);
  }
  CHECK(t.report().uplink.payload == 60 * 2 * 16 * 20 * 8);
}

}  // namespace momentum_tests
