#include "saddle/metric/modes.hpp"

#include "../flawed_samples.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "saddle/data/mixture.hpp"

using namespace saddle;

namespace {

samples points(std::vector<float> values) {
  return {.count = static_cast<int>(values.size() / 2), .shape = {1, 2, 1}, .values = std::move(values)};
}

std::vector<std::array<double, 2>> const two{{0, 0}, {10, 0}};

}  // namespace

TEST_CASE("modes: the mixture itself covers all its modes") {
  for (mixture const& m : {ring8(), grid25()}) {
    auto const score = modes(m.draw(10000, 1), m.centres, m.deviation);
    CHECK(score.covered == static_cast<int>(m.centres.size()));
    CHECK(score.good == doctest::Approx(1 - std::exp(-4.5)).epsilon(0.005));  // a Rayleigh variable below 3
  }
}

TEST_CASE("modes: within 3 deviations of the nearest centre is good") {
  auto const score = modes(points({2.9f, 0, 0, 3.1f, 10, -2.9f, 6.9f, 0}), two, 1);
  CHECK(score.good == 0.5);
  CHECK(score.covered == 2);
  // Between two near centres a point belongs to the nearest.
  std::vector<std::array<double, 2>> const near{{0, 0}, {1, 0}};
  CHECK(modes(points({0.9f, 0, 0.8f, 0}), near, 1).covered == 1);
}

TEST_CASE("modes: a mode takes 2 percent of all points") {
  for (auto const& [hits, covered] : {std::pair{1, 1}, std::pair{2, 2}}) {
    std::vector<float> values;
    for (int i = 0; i < 100; ++i) values.insert(values.end(), {i < hits ? 10.0f : 0.0f, 0.0f});
    CHECK(modes(points(values), two, 1).covered == covered);
    CHECK(modes(points(values), two, 1, 0.01).covered == 2);
  }
  CHECK(modes(points({0, 0}), two, 1, 0).covered == 1);  // none of the points is not a share
}

TEST_CASE("modes: points that are not finite are not good") {
  float const nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  auto const score = modes(points({nan, 0, 0, inf, 0, 0, nan, nan}), two, 1);
  CHECK(score.good == 0.25);
}

TEST_CASE("modes: what is not points in the plane is refused") {
  CHECK_THROWS_AS(modes({.count = 1, .shape = {1, 3, 1}, .values = {1, 2, 3}}, two, 1),
                  std::invalid_argument);
  CHECK_THROWS_AS(modes(points({}), two, 1), std::invalid_argument);
  CHECK_THROWS_AS(modes(points({1, 2}), {}, 1), std::invalid_argument);
}

TEST_CASE("modes: samples and centres that are not what they say are refused") {
  for (samples const& s : test::flawed(points({1, 2, 3, 4}))) CHECK_THROWS_AS(modes(s, two, 1), std::invalid_argument);
  samples const good = points({1, 2, 3, 4});
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (double const deviation : {-1.0, nan, inf}) CHECK_THROWS_AS(modes(good, two, deviation), std::invalid_argument);
  for (double const least : {-0.1, 1.1, nan}) CHECK_THROWS_AS(modes(good, two, 1, least), std::invalid_argument);
  for (double const at : {nan, inf}) {
    std::vector<std::array<double, 2>> const centres{{0, 0}, {0, at}};
    CHECK_THROWS_AS(modes(good, centres, 1), std::invalid_argument);
  }
}
