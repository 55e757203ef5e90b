#include "saddle/optimizer/adaptive_extragradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../heterogeneous.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace adaptive_extragradient_tests {

using namespace saddle;
using test::vector;

TEST_CASE("adaptive_extragradient: steps, sums and weights are what they say, with a box too") {
  test::heterogeneous_game const noisy(0.3);
  adaptive_extragradient const o{.diameter = 2, .initial_norm = 3};
  box const limits{-0.4, 0.5};
  trainer<double> t{noisy,     o, identity{}, weighted_server<>{}, loopback{8}, cpu{},
                    settings{.min_box = limits}};
  auto const inside = [&](vector& w) {
    for (std::size_t i = 0; i < 10; ++i) w[i] = std::clamp(w[i], limits.lo, limits.hi);
  };
  auto const gradient = [&](vector const& w, int m, int step, int draw) {
    vector g(20);
    std::span<double> const out(g);
    std::span<double const> const in(w);
    noisy.gradient({in.first(10), in.last(10)}, {1, m, step, draw}, {out.first(10), out.last(10)});
    return g;
  };
  vector w(20), sum(8);
  bool is_at_the_box = false;
  for (int step = 1; step <= 40; ++step) {
    vector move(20);
    double weights = 0;
    for (int m = 0; m < 8; ++m) {
      double& z = sum[static_cast<std::size_t>(m)];
      double const eta = 2 / std::sqrt(9 + z);
      vector h = w, next = w;
      vector const first = gradient(w, m, step, 0);
      for (std::size_t i = 0; i < 20; ++i) h[i] -= eta * first[i];
      inside(h);
      vector const second = gradient(h, m, step, 1);
      for (std::size_t i = 0; i < 20; ++i) next[i] -= eta * second[i];
      inside(next);
      z += (std::pow(test::distance(h, w), 2) + std::pow(test::distance(h, next), 2)) / (5 * eta * eta);
      double const weight = std::sqrt(9 + z) / 2;
      weights += weight;
      for (std::size_t i = 0; i < 20; ++i) move[i] += weight * eta * second[i];
    }
    for (std::size_t i = 0; i < 20; ++i) w[i] -= move[i] / weights;
    inside(w);
    is_at_the_box |= std::any_of(w.begin(), w.begin() + 10, [&](double x) { return x == limits.lo || x == limits.hi; });
    t.step();
    for (int m = 0; m < 8; ++m) {
      auto const scalars = t.array("scalars", m).min;
      REQUIRE(scalars[o.sum] == doctest::Approx(sum[static_cast<std::size_t>(m)]).epsilon(1e-11));
      REQUIRE(scalars[mean_weight] == doctest::Approx(weights / 8).epsilon(1e-11));
    }
    REQUIRE(test::distance(t, w) < 1e-11);
  }
  CHECK(is_at_the_box);
}

TEST_CASE("adaptive_extragradient: exact without a constant of the problem, from steps far too long or too short") {
  test::heterogeneous_game alike;
  for (std::size_t m = 1; m < 8; ++m) {
    alike.matrix[m] = alike.matrix[0];
    alike.offset[m] = alike.offset[0];
  }
  auto const left = [&](adaptive_extragradient const& o, double first) {
    auto t = test::trainer_of(alike, o, identity{}, weighted_server<>{});
    t.step();
    CHECK(t.array("scalars", 0).min[o.step_size] == doctest::Approx(first));
    t.run(7999);
    CHECK(t.array("scalars", 0).min[o.step_size] > 0.01);
    return test::distance(t, alike.solution());
  };
  CHECK(left({.diameter = 0.3, .initial_norm = 10}, 0.03) < 1e-12);
  CHECK(left({.diameter = 3}, 3) < 1e-12);  // L is about 2
  CHECK(left({.diameter = 30, .initial_norm = 10}, 3) < 1e-12);
}

TEST_CASE("adaptive_extragradient: weights make a mean of gradients of steps of different sizes") {
  test::heterogeneous_game const game;
  adaptive_extragradient const o{.diameter = 0.5};
  auto weighted = test::trainer_of(game, o, identity{}, weighted_server<>{});
  auto equal = test::trainer_of(game, o, identity{}, parameter_server<>{});
  weighted.run(5000);
  equal.run(5000);
  vector steps;
  for (int m = 0; m < 8; ++m) steps.push_back(equal.array("scalars", m).min[o.step_size]);
  vector const to = game.solution(), elsewhere = game.solution(steps);
  MESSAGE("weighted ", test::distance(weighted, to), ", equal ", test::distance(equal, to),
          ", and to where the mean of eta F is zero ", test::distance(equal, elsewhere));
  CHECK(test::distance(weighted, to) < 0.01);  // falls with the steps
  CHECK(test::distance(equal, to) > 0.05);
  CHECK(test::distance(equal, elsewhere) < 0.01);
}

TEST_CASE("adaptive_extragradient: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, adaptive_extragradient{}, identity{}, weighted_server<>{}, threads);
  });
  CHECK(adaptive_extragradient{}.objection() == "");
  CHECK(adaptive_extragradient{.diameter = 0}.objection() ==
        "adaptive-extragradient: diameter is finite and positive, and is 0");
}

}  // namespace adaptive_extragradient_tests
