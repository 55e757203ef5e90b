#include "saddle/core/running_sum.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "saddle/core/counter_rng.hpp"

using namespace saddle;

TEST_CASE("running_sum: a million small numbers are not lost in a large one") {
  random_sequence random({.seed = 3, .use = purpose::evaluation});
  running_sum<float> sum{1.4f, 0};
  float plain = sum.value;
  double exact = sum.value, size = exact;
  for (int i = 0; i < 1000000; ++i) {
    auto const x = static_cast<float>(1e-7 * random.uniform() * (i % 3 == 0 ? -1 : 1));
    sum.add(x);
    plain += x;
    exact += static_cast<double>(x);
    size += std::abs(static_cast<double>(x));
  }
  CHECK(std::abs(static_cast<double>(sum.value) + static_cast<double>(sum.rest) - exact) < 1e-12 * size);
  CHECK(std::abs(static_cast<double>(plain) - exact) > 1e-4);
}

TEST_CASE("running_sum: an addition errs by a rounding of what is added, however large the sum") {
  random_sequence random({.seed = 4, .use = purpose::evaluation});
  auto const all = [](running_sum<float> const& s) {
    return static_cast<double>(s.value) + static_cast<double>(s.rest);
  };
  double worst = 0, worst_rest = 0;
  for (int i = 0; i < 10000; ++i) {
    auto const size = static_cast<float>(std::pow(10.0, 12 * random.uniform() - 6));
    running_sum<float> s{static_cast<float>(random.normal()), 0};
    s.rest = static_cast<float>(random.uniform() - 0.5) * 0x1p-24f * s.value;
    double const before = all(s);
    auto const x = size * static_cast<float>(random.normal());
    s.add(x);
    double const larger = std::max(std::abs(static_cast<double>(x)), std::abs(static_cast<double>(s.rest)));
    worst = std::max(worst, std::abs(all(s) - (before + static_cast<double>(x))) / larger);
    worst_rest = std::max(worst_rest, static_cast<double>(std::abs(s.rest) / std::abs(s.value)));
  }
  CHECK(worst < 0x1p-23);
  CHECK(worst_rest <= 0x1p-24);
}
