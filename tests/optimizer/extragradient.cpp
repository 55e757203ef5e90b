#include "saddle/optimizer/extragradient.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "gradients.hpp"
#include "../heterogeneous.hpp"
#include "reference.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/tracked.hpp"

namespace extragradient_tests {

using namespace reference;

TEST_CASE_TEMPLATE("extragradient: h = w - eta F(w), w <- w - eta F(h), by its factor on the bilinear game", T, float,
                   double) {
  for (double a : {0.1, 0.5}) {
    extragradient const o{.step_size = a};
    coordinate<T> c{};
    T x = 1, y = 0;
    for (int t = 1; t <= 20; ++t) {
      T const hx = ahead(o, t, c, x, y), hy = ahead(o, t, c, y, -x);
      T const vx = direction(o, t, c, hy), vy = direction(o, t, c, -hx);
      x -= vx;
      y -= vy;
    }
    CHECK(std::hypot(x, y) == doctest::Approx(std::pow(std::sqrt(1 - a * a + a * a * a * a), 20)).epsilon(1e-5));
  }
}

TEST_CASE("extragradient: a look-ahead and a move, each along a gradient; the look-ahead is exchanged where it is averaged") {
  using local = facts_of_steps<extragradient>;
  using averaged = facts_of_steps<averaged_extragradient>;
  static_assert(local::estimates == 2 && averaged::estimates == 2 && local::at_h && averaged::at_h);
  static_assert(local::looks_ahead && !local::averages_look_ahead && !local::exchanges_look_ahead);
  static_assert(averaged::exchanges_look_ahead);
  CHECK(extragradient::name() == "extragradient");
  CHECK(averaged_extragradient::name() == "averaged-extragradient");
}

TEST_CASE("extragradient: a trainer takes the first gradient at w and the second at h, on one sample or on two") {
  auto const check = [](auto o) {
    o.step_size = schedule::linear(0.5, 10, 0.1);
    for (sampling second : {sampling::same, sampling::independent}) {
      o.second = second;
      auto const seen = gradients_of(o, 5);
      REQUIRE(seen.size() == 10);
      double x = first_weights.min, y = first_weights.max;
      for (int t = 1; t <= 5; ++t) {
        double const eta = o.step_size(t);
        auto const &look = seen[static_cast<std::size_t>(2 * t - 2)], &move = seen[static_cast<std::size_t>(2 * t - 1)];
        CHECK(look.step == t);
        CHECK(move.step == t);
        CHECK((look.draw == move.draw) == (second == sampling::same));
        CHECK(look.min == doctest::Approx(x).epsilon(1e-12));
        CHECK(look.max == doctest::Approx(y).epsilon(1e-12));
        double const hx = x - eta * y, hy = y + eta * x;
        CHECK(move.min == doctest::Approx(hx).epsilon(1e-12));
        CHECK(move.max == doctest::Approx(hy).epsilon(1e-12));
        x -= eta * hy;
        y += eta * hx;
      }
    }
  };
  check(extragradient{});
  check(averaged_extragradient{});
}

TEST_CASE("extragradient: two step sizes, how far it looks and how far it goes, by its factor on the bilinear game") {
  std::vector<taken> all;
  trainer t{listening_game{&all}, extragradient{.step_size = 0.5, .extrapolation_step_size = 1.0}, identity{},
            parameter_server{}, loopback{1}, cpu{}};
  t.run(40);
  double const left = std::hypot(t.weights(0).min[0], t.weights(0).max[0]) / std::hypot(first_weights.min, first_weights.max);
  CHECK(std::pow(left, 1.0 / 40) == doctest::Approx(std::sqrt(0.5)).epsilon(1e-12));  // (1 - eta gamma)^2 + eta^2
}

TEST_CASE("averaged extragradient: both halves are exchanged; over gossip with a bias that halves with the step size") {
  gossip const ring8{.graph = ring(8)};
  test::halves_with_the_step_size([&](int steps, double eta) {
    return test::distance_after(steps, averaged_extragradient{eta}, identity{}, ring8);
  });
  CHECK(test::distance_after(3000, averaged_extragradient{0.05}, identity{}, parameter_server{}) < 1e-13);
  CHECK(test::distance_after(3000, averaged_extragradient{0.05}, identity{}, tracked{ring8}) < 1e-13);
}

TEST_CASE("averaged extragradient: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  gossip const ring8{.graph = ring(8)};
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, averaged_extragradient{0.02, sampling::independent}, identity{}, ring8, threads);
  });
}

}  // namespace extragradient_tests
