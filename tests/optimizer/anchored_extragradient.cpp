#include "saddle/optimizer/anchored_extragradient.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "gradients.hpp"
#include "../heterogeneous.hpp"
#include "saddle/optimizer/extragradient.hpp"

namespace anchored_extragradient_tests {

using namespace saddle;

TEST_CASE("anchored extragradient: gradients at w and at h, both pulled towards where the run began") {
  double const eta = 0.2;
  auto const seen = reference::gradients_of(anchored_extragradient{eta}, 6);
  REQUIRE(seen.size() == 12);
  double const x0 = reference::first_weights.min, y0 = reference::first_weights.max;
  double x = x0, y = y0;
  for (int t = 1; t <= 6; ++t) {
    double const b = 1.0 / (t + 1);
    auto const &look = seen[static_cast<std::size_t>(2 * t - 2)], &move = seen[static_cast<std::size_t>(2 * t - 1)];
    CHECK(look.min == doctest::Approx(x).epsilon(1e-12));
    CHECK(look.max == doctest::Approx(y).epsilon(1e-12));
    double const hx = x + b * (x0 - x) - eta * y, hy = y + b * (y0 - y) + eta * x;
    CHECK(move.min == doctest::Approx(hx).epsilon(1e-12));
    CHECK(move.max == doctest::Approx(hy).epsilon(1e-12));
    x += b * (x0 - x) - eta * hy;
    y += b * (y0 - y) + eta * hx;
  }
}

TEST_CASE("anchored extragradient: the last iterate's gradient falls as 1 / t") {
  std::vector<reference::taken> all;
  trainer t{
      reference::listening_game{&all}, anchored_extragradient{0.2}, identity{}, parameter_server{}, loopback{1}, cpu{}};
  double most = 0;
  for (int k = 1; k <= 4000; ++k) {
    t.step();
    if (k > 100) most = std::max(most, k * std::hypot(t.weights(0).min[0], t.weights(0).max[0]));
  }
  MESSAGE("t |F| is at most ", most);
  CHECK(most < 3 * std::hypot(1, 2) / 0.2);
}

TEST_CASE("anchored extragradient: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, anchored_extragradient{0.02}, identity{}, parameter_server{}, threads);
  });
}

}  // namespace anchored_extragradient_tests
