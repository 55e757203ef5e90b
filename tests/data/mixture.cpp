#include "saddle/data/mixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace saddle;

TEST_CASE("mixture: points scatter around the centre that their label names") {
  for (mixture const& m : {ring8(), grid25()}) {
    int const count = 20000;
    auto const s = m.draw(count, 1);
    CHECK(s.count == count);
    CHECK(s.shape == sample_shape{1, 2, 1});
    CHECK_FALSE(s.bounds.has_value());
    REQUIRE(s.values.size() == 2 * static_cast<std::size_t>(count));
    REQUIRE(s.labels.size() == static_cast<std::size_t>(count));
    std::vector<int> hits(m.centres.size());
    double squares[2] = {}, variance[2] = {};
    for (int i = 0; i < count; ++i) {
      auto const c = s.labels[static_cast<std::size_t>(i)];
      ++hits.at(c);
      for (std::size_t k = 0; k < 2; ++k) {
        double const v = static_cast<double>(s[i][k]), off = v - m.centres[c][k];
        REQUIRE(std::abs(off) < 6 * m.deviation);
        squares[k] += off * off;
        variance[k] += v * v;
      }
    }
    auto const expected = static_cast<double>(count) / static_cast<double>(m.centres.size());
    for (int const n : hits) CHECK(std::abs(n - expected) < 5 * std::sqrt(expected));
    for (int k = 0; k < 2; ++k) {
      CHECK(std::sqrt(squares[k] / count) == doctest::Approx(m.deviation).epsilon(0.02));
      CHECK(variance[k] / count == doctest::Approx(1).epsilon(0.03));
    }
    CHECK(m.draw(count, 1).values == s.values);
    CHECK(m.draw(count, 2).values != s.values);
  }
  CHECK_THROWS_AS(ring8().draw(0, 1), std::invalid_argument);
}

TEST_CASE("mixture: the centres and deviations of the two") {
  auto const ring = ring8();
  CHECK(ring.centres.size() == 8);
  for (auto const& [x, y] : ring.centres) CHECK(std::hypot(x, y) == doctest::Approx(std::sqrt(2)));
  CHECK(ring.deviation / std::sqrt(2) == doctest::Approx(0.01));  // 0.02 on a radius of 2
  double nearest = 9;
  for (std::size_t i = 1; i < 8; ++i)
    nearest = std::min(nearest, std::hypot(ring.centres[i][0] - ring.centres[0][0],
                                           ring.centres[i][1] - ring.centres[0][1]));
  CHECK(nearest == doctest::Approx(2 * std::sqrt(2) * std::sin(std::acos(-1) / 8)));

  auto const grid = grid25();
  CHECK(grid.centres.size() == 25);
  nearest = 9;
  for (std::size_t i = 0; i < 25; ++i)
    for (std::size_t j = 0; j < i; ++j)
      nearest = std::min(nearest, std::hypot(grid.centres[i][0] - grid.centres[j][0],
                                             grid.centres[i][1] - grid.centres[j][1]));
  CHECK(nearest == doctest::Approx(1 / std::sqrt(2)));
  CHECK(grid.deviation / nearest == doctest::Approx(0.025));  // 0.05 on a spacing of 2
}

TEST_CASE("mixture: what cannot be drawn from is refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS((mixture{.centres = {{0, 0}}, .deviation = -1}.draw(1, 1)), std::invalid_argument);
  CHECK_THROWS_AS((mixture{.centres = {{0, 0}}, .deviation = nan}.draw(1, 1)), std::invalid_argument);
  CHECK_THROWS_AS((mixture{.centres = {{0, nan}}, .deviation = 1}.draw(1, 1)), std::invalid_argument);
  CHECK_THROWS_AS((mixture{.centres = {{0, 0}}, .deviation = 1}.draw(-1, 1)), std::invalid_argument);
  CHECK_THROWS_AS(mixture{}.draw(1, 1), std::invalid_argument);
}
