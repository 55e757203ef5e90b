#include "saddle/algorithm/fedgda_gt.hpp"

#include "loops.hpp"

namespace fedgda_gt_tests {

using namespace saddle;
using namespace loops;

TEST_CASE("FedGDA-GT: the published rounds, on samples; two vectors of each worker a round") {
  test::heterogeneous_game const noisy(0.3);
  for (int k : {1, 5}) {
    auto t = trained(noisy, fedgda_gt<>{.optimizer = {0.02}, .topology = {{{}, k}}});
    vectors u = zeros(noisy);
    for (int round = 0; round < 12; ++round) {
      vectors const own = fields(noisy, u, round * k + 1);
      vectors const mean = averaged(own);
      vectors v = u;
      for (int step = round * k + 1; step <= (round + 1) * k; ++step)
        v = sum(1, v, -0.02, sum(1, fields(noisy, v, step), 1, sum(1, mean, -1, own)));
      u = averaged(v);
      t.run(k);
      REQUIRE(gap(t, u) < 1e-12);
    }
    CHECK(t.report().uplink.payload == 12 * 2 * 8 * 20 * 8);
    CHECK(t.report().downlink.payload == t.report().uplink.payload);
  }
}

TEST_CASE("FedGDA-GT: with the paper's 20 steps a round it is exact, and its bits are repeatable") {
  test::heterogeneous_game const game, noisy(0.3);
  auto t = trained(game, fedgda_gt<>{.optimizer = {0.02}});
  t.run(6000);
  CHECK(t.report().uplink.payload == 6000 / 20 * 2 * 8 * 20 * 8);
  CHECK(test::distance(t, game.solution()) < 1e-13);
  test::is_repeatable([&](int threads) { return trained(noisy, fedgda_gt<>{.optimizer = {0.02}}, threads); });
}

}  // namespace fedgda_gt_tests
