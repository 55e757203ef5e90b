#include "saddle/optimizer/adamw.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "../heterogeneous.hpp"
#include "reference.hpp"
#include "saddle/topology/gossip.hpp"

namespace adamw_tests {

using namespace reference;

TEST_CASE_TEMPLATE("adamw: Adam's ratio of the textbook, and the weights beside it", T, float, double) {
  adamw const o{.step_size = 0.1, .decay = 0.05};
  textbook_adam adam(0.9, 0.999, 1e-8);
  coordinate<T> c{};
  double w = 2;
  std::vector<T> seen;
  std::vector<double> expected;
  for (int t = 1; t <= 60; ++t) {
    of<name::x>(c) = static_cast<T>(w);
    seen.push_back(direction(o, t, c, static_cast<T>(some_gradient(t))));
    expected.push_back(0.1 * (adam.ratio(some_gradient(t)) + 0.05 * w));
    w -= expected.back();
  }
  CHECK(worst(seen, expected) < 10 * tolerance<T>);
}

TEST_CASE("adamw: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  gossip const ring8{.graph = ring(8)};
  test::is_repeatable(
      [&](int threads) { return test::trainer_of(noisy, adamw{0.01, 0.01}, identity{}, ring8, threads); });
}

TEST_CASE("adamw: a decay") {
  CHECK(adamw{}.objection() == "");
  CHECK(adamw{.decay = -1}.objection() == "adamw: decay is finite and not negative, and is -1");
  CHECK(adamw{.beta1 = 1}.objection() == "adamw: beta1 lies in [0, 1), and is 1");
}

}  // namespace adamw_tests
