#include "saddle/algorithm/momentum_local_sgda.hpp"

#include "loops.hpp"

namespace momentum_local_sgda_tests {

using namespace saddle;
using namespace loops;

TEST_CASE("Momentum Local SGDA: the published iteration in its own scale, from the first gradient on") {
  test::heterogeneous_game const noisy(0.3);
  double const gamma = 0.1, b = 0.2;
  for (int every : {1, 5}) {
    momentum_local_sgda const how{.optimizer = {gamma * b, 1 - b}, .topology = {{}, every}};
    auto t = trained(noisy, how);
    vectors w = zeros(noisy), direction = w;
    for (int step = 1; step <= 60; ++step) {
      direction = sum(1 - b, direction, b, fields(noisy, w, step));
      w = sum(1, w, -gamma, direction);
      if (step % every == 0) {
        w = averaged(w);
        direction = averaged(direction);
      }
      t.step();
      REQUIRE(gap(t, w) < 1e-12);
      REQUIRE(gap(t, sum(1 / b, direction, 0, w), "momentum") < 1e-11);
    }
    CHECK(t.report().uplink.payload == 60 / every * 2 * 8 * 20 * 8);
  }
}

TEST_CASE("Momentum Local SGDA: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable(
      [&](int threads) { return trained(noisy, momentum_local_sgda{{0.02}, {}, {{}, 5}}, threads); });
}

}  // namespace momentum_local_sgda_tests
