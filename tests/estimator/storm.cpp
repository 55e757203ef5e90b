#include "saddle/estimator/storm.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"

namespace storm_tests {

using namespace saddle;

TEST_CASE("storm: without noise it is the gradient: DM-HSGD is GT-GDA, up to rounding") {
  test::heterogeneous_game const game;
  gossip const ring8{.graph = ring(8)};
  auto a = test::trainer_of(game, hybrid_momentum{sgda{0.02}, 0.3}, identity{}, tracked{ring8});
  auto b = test::trainer_of(game, sgda{0.02}, identity{}, tracked{ring8});
  a.run(500);
  b.run(500);
  // est - F(w_old) is 0 to the bit, as the same sums are formed on both sides.
  CHECK(a.digest() == b.digest());
}

TEST_CASE("storm: its recursion from the mean of samples, with a beta a player") {
  test::heterogeneous_game const noisy(0.3);
  hybrid_momentum const o{sgda{0.02}, 0.25, 0.5, large_batch{2}};
  auto t = test::trainer_of(noisy, o, identity{}, parameter_server{});
  test::vector est(20), w_old;
  for (std::int64_t step = 1; step <= 40; ++step) {
    test::vector const w = test::joined(t.weights(0));
    t.step();
    auto const gradient = [&](test::vector const& p, int draw) { return noisy.field(p, {1, 2, step, draw}); };
    if (step == 1) {
      test::vector const a = gradient(w, large_batch::first_draw), b = gradient(w, large_batch::first_draw + 1);
      for (std::size_t i = 0; i < 20; ++i) est[i] = 0.5 * a[i] + 0.5 * b[i];
    } else {
      test::vector const here = gradient(w, 0), there = gradient(w_old, 0);
      for (std::size_t i = 0; i < 20; ++i) est[i] = here[i] + (i < 10 ? 0.75 : 0.5) * (est[i] - there[i]);
    }
    CHECK(test::joined(t.array("est", 2)) == est);
    w_old = w;
  }
}

TEST_CASE("storm: at rest the estimate's error is sqrt(beta / (2 - beta)) of a gradient's") {
  test::heterogeneous_game const noisy(0.3);
  auto t = test::trainer_of(noisy, hybrid_momentum{sgda{0.002}, 0.1}, identity{}, parameter_server{});
  t.run(2000);
  double of_est = 0, of_gradient = 0;
  for (int k = 0; k < 500; ++k) {
    t.step();
    for (int m = 0; m < 8; ++m) {
      test::vector const mean = noisy.field(test::joined(t.array("earlier", m)), {1, m, 1, full_batch});
      of_est += std::pow(test::distance(test::joined(t.array("est", m)), mean), 2);
      of_gradient += std::pow(test::distance(test::joined(t.array("g", m)), mean), 2);
    }
  }
  double const ratio = std::sqrt(of_est / of_gradient);
  MESSAGE("ratio ", ratio, ", theory ", std::sqrt(0.1 / 1.9));
  CHECK(ratio == doctest::Approx(std::sqrt(0.1 / 1.9)).epsilon(0.1));
}

TEST_CASE("storm: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, hybrid_momentum{sgda{0.02}}, identity{}, parameter_server{}, threads);
  });
  CHECK(hybrid_momentum{sgda{0.1}}.objection() == "");
  CHECK(hybrid_momentum{sgda{0.1}, 2.0}.objection() == "hybrid_momentum: beta lies in [0, 1], and is 2");
  CHECK(hybrid_momentum{sgda{0.1}, 0.1, -1.0}.objection() == "hybrid_momentum: beta_max lies in [0, 1], and is -1");
}

}  // namespace storm_tests
