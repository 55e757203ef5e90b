#include "saddle/metric/break_even.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

using namespace saddle;

TEST_CASE("at the break-even bandwidth both ways to send take the same time") {
  sending_cost const dense{4e6, 0.002}, compressed{1e6, 0.008};
  double const bandwidth = break_even(dense, compressed);
  CHECK(bandwidth == doctest::Approx(3e6 / 0.006));
  auto const seconds = [&](sending_cost const& c, double at) { return c.bytes / at + c.seconds; };
  CHECK(seconds(dense, bandwidth) == doctest::Approx(seconds(compressed, bandwidth)));
  CHECK(seconds(dense, bandwidth / 2) > seconds(compressed, bandwidth / 2));
  CHECK(seconds(dense, 2 * bandwidth) < seconds(compressed, 2 * bandwidth));
}

TEST_CASE("what costs no time always pays, what saves no bytes never does") {
  double const always = std::numeric_limits<double>::infinity();
  CHECK(break_even({4e6, 0.002}, {1e6, 0.002}) == always);
  CHECK(break_even({4e6, 0.002}, {1e6, 0.001}) == always);
  CHECK(break_even({4e6, 0.002}, {4e6, 0.003}) == 0);
  CHECK(break_even({4e6, 0.002}, {5e6, 0.003}) == 0);
  CHECK(break_even({4e6, 0.002}, {4e6, 0.001}) == always);
}

TEST_CASE("costs are not negative") {
  CHECK_THROWS_AS(break_even({-1, 0}, {1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(break_even({1, 0}, {1, -1}), std::invalid_argument);
}
