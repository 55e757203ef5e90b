#include "saddle/optimizer/adaptive.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "../heterogeneous.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"

namespace adaptive_tests {

using namespace saddle;

namespace {

/// f_m = -y^2 / 2 + a x y - c x^2 / 2 with a = (2, 1), c = (1, 2).
struct two_workers {
  using scalar = double;
  static players sizes() { return {1, 1}; }
  static void initial(std::uint64_t, point<double> w) {
    w.min[0] = 1;
    w.max[0] = 0.1;
  }
  static void gradient(point<double const> at, sample s, point<double> out) {
    double const a = s.worker == 0 ? 2 : 1, c = s.worker == 0 ? 1 : 2, x = at.min[0], y = at.max[0];
    out.min[0] = a * y - c * x;
    out.max[0] = y - a * x;
  }
};
struct where_it_ends {
  double gradient, ratio;  // of the mean, and of the workers' sums for the minimizing player
};
gossip pair() {
  return {.graph = {.name = "pair", .workers = 2, .rounds = {{{{0, 0.5}, {1, 0.5}}, {{0, 0.5}, {1, 0.5}}}}}};
}
template <class O, class Tp>
where_it_ends run(O o, Tp topology) {
  trainer t{two_workers{}, o, identity{}, topology, loopback{2}, cpu{}};
  t.run(20000);
  double const x = t.weights(0).min[0], y = t.weights(0).max[0];
  where_it_ends const seen{std::hypot(1.5 * y - 1.5 * x, y - 1.5 * x),
                           t.array("scalars", 0).min[0] / t.array("scalars", 1).min[0]};
  MESSAGE(O::name(), ": gradient ", seen.gradient, ", ratio of the sums ", seen.ratio);
  return seen;
}

}  // namespace

TEST_CASE("adaptive: with the sums mixed beside the message, D-AdaST, exact; without them it stops elsewhere") {
  where_it_ends const mixed = run(adaptive<>{0.1}, pair()), own = run(adaptive<accumulators::own>{0.1}, pair());
  CHECK(mixed.gradient < 1e-8);  // the sums grow, and the steps fall, where the workers disagree
  CHECK(mixed.ratio == doctest::Approx(1).epsilon(1e-6));
  CHECK(run(adaptive<>{0.1}, tracked{pair()}).gradient < 1e-12);
  CHECK(own.gradient > 0.5);
  CHECK(own.ratio > 2);
}

TEST_CASE("adaptive: the sums are those of squared norms, and the steps what they say") {
  test::heterogeneous_game const game;
  adaptive<> const o{.step_size = 0.1, .alpha = 0.6, .beta = 0.4};
  auto t = test::trainer_of(game, o, identity{}, parameter_server{});
  double a = 0, b = 0;
  test::vector w(20);
  for (int step = 1; step <= 30; ++step) {
    test::vector sum(20), g(20);
    std::span<double> const out(g);
    std::span<double const> const in(w);
    for (int m = 0; m < 8; ++m) {
      game.gradient({in.first(10), in.last(10)}, {1, m, step, 0}, {out.first(10), out.last(10)});
      for (std::size_t i = 0; i < 20; ++i) {
        sum[i] += g[i] / 8;
        (i < 10 ? a : b) += g[i] * g[i] / 8;
      }
    }
    for (std::size_t i = 0; i < 20; ++i)
      w[i] -= 0.1 * sum[i] / (i < 10 ? std::pow(std::max(a, b), 0.6) : std::pow(b, 0.4));
    t.step();
    CHECK(t.array("scalars", 5).min[0] == doctest::Approx(a).epsilon(1e-12));
    CHECK(t.array("scalars", 5).min[1] == doctest::Approx(b).epsilon(1e-12));
    CHECK(test::distance(t, w) < 1e-12);
  }
}

TEST_CASE("adaptive: between the rounds of local steps the sums are a worker's own") {
  test::heterogeneous_game const game;
  auto t = test::trainer_of(game, adaptive<>{0.1}, identity{}, local_steps{parameter_server{}, 3});
  for (int step = 1; step <= 9; ++step) {
    t.step();
    CHECK((t.array("scalars", 0).min[0] == t.array("scalars", 1).min[0]) == (step % 3 == 0));
  }
}

TEST_CASE("adaptive: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  gossip const ring8{.graph = ring(8)};
  test::is_repeatable(
      [&](int threads) { return test::trainer_of(noisy, adaptive<>{0.1}, identity{}, tracked{ring8}, threads); });
  CHECK(adaptive<>{}.objection() == "");
  CHECK(adaptive<>{.alpha = 1}.objection() == "adaptive: alpha lies in (0, 1), and is 1");
}

}  // namespace adaptive_tests
