#include "saddle/algorithm/proxskip_vip.hpp"

#include "loops.hpp"

namespace proxskip_vip_tests {

using namespace saddle;
using namespace loops;

TEST_CASE("ProxSkip-VIP: the published iteration with the run's coin; its h is -c") {
  test::heterogeneous_game const noisy(0.3);
  double const gamma = 0.02;
  for (double p : {0.2, 1.0}) {
    proxskip_vip<> const how{.optimizer = {gamma}, .topology = {{{}, 1, p}}};
    auto t = trained(noisy, how);
    vectors w = zeros(noisy), h = w;
    int rounds = 0;
    for (int step = 1; step <= 150; ++step) {
      vectors const ahead = sum(1, w, -gamma, sum(1, fields(noisy, w, step), -1, h));
      w = ahead;
      if (is_exchange_step(how.topology, 1, step)) {
        ++rounds;
        w = averaged(sum(1, ahead, -gamma / p, h));
        h = sum(1, h, p / gamma, sum(1, w, -1, ahead));
      }
      t.step();
      REQUIRE(gap(t, w) < 1e-12);
      REQUIRE(gap(t, sum(-1, h, 0, h), "c") < 1e-11);
    }
    CHECK(t.report().uplink.payload == rounds * 8 * 20 * 8);
    CHECK(rounds > 15);
    CHECK((rounds == 150) == (p == 1));
  }
}

TEST_CASE("ProxSkip-VIP: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) { return trained(noisy, proxskip_vip<>{.optimizer = {0.02}}, threads); });
}

}  // namespace proxskip_vip_tests
