#include "saddle/run/run_steps.hpp"

#include <doctest/doctest.h>

#include <cstdint>

#include "saddle/saddle.hpp"

namespace max_steps_tests {

using namespace saddle;

namespace {

/// f = x y from (1, 1).
struct product_game {
  using scalar = double;
  players sizes() const { return {1, 1}; }
  void initial(std::uint64_t, point<double> w) const { w.min[0] = w.max[0] = 1; }
  void gradient(point<double const> at, sample, point<double> out) const {
    out.min[0] = at.max[0];
    out.max[0] = -at.min[0];
  }
};

}  // namespace

TEST_CASE("per_player: where one player looks ahead alone, the other is met where it is") {
  // Two extragradient moves of y a step, the second together with x, by hand.
  double x = 1, y = 1;
  double const a = 0.1;
  trainer t{product_game{}, per_player<extragradient, extragradient>{{.step_size = a}, {.step_size = a}, 2},
                    identity{}, parameter_server<>{}, loopback{1}, cpu{}};
  for (int step = 0; step < 3; ++step) {
    y += a * x;  // alone: the gradient of y is x, ahead or not
    double const hx = x - a * y, hy = y + a * x;
    x -= a * hy;
    y += a * hx;
    t.step();
    CHECK(t.weights(0).min[0] == doctest::Approx(x).epsilon(1e-14));
    CHECK(t.weights(0).max[0] == doctest::Approx(y).epsilon(1e-14));
  }
}

}  // namespace max_steps_tests
