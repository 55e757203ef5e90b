#include "saddle/core/bits.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

using namespace saddle;

TEST_CASE_TEMPLATE("bits: magnitudes order as their bits do", T, float, double) {
  using limits = std::numeric_limits<T>;
  std::vector<T> const ascending{0,
                                 limits::denorm_min(),
                                 limits::min() / 2,
                                 limits::min(),
                                 T(1e-25),
                                 T(0.999),
                                 1,
                                 std::nextafter(T(1), T(2)),
                                 2,
                                 T(1e25),
                                 limits::max(),
                                 limits::infinity()};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    T const x = ascending[i];
    if (i > 0) CHECK(magnitude_bits(ascending[i - 1]) < magnitude_bits(x));
    CHECK(magnitude_bits(-x) == magnitude_bits(x));
    CHECK(from_magnitude_bits<T>(magnitude_bits(-x)) == x);
    CHECK(magnitude(-x) == x);
    CHECK(magnitude(x) == x);
    CHECK(is_finite(x) == std::isfinite(x));
    CHECK(is_finite(-x) == std::isfinite(x));
  }
  CHECK_FALSE(std::signbit(magnitude(T(-0.0))));
  CHECK(infinity_bits<T> == std::bit_cast<bits_of<T>>(limits::infinity()));
  CHECK(sizeof(bits_of<T>) == sizeof(T));
  CHECK_FALSE(is_finite(limits::quiet_NaN()));
  CHECK_FALSE(is_finite(-limits::quiet_NaN()));
}

TEST_CASE_TEMPLATE("bits: all of an array are finite, or one at any place is not", T, float, double) {
  using limits = std::numeric_limits<T>;
  for (std::int64_t n = 0; n < 70; ++n) {
    std::vector<T> x(static_cast<std::size_t>(n), limits::max());
    for (std::size_t i = 0; i < x.size(); i += 2) x[i] = -limits::denorm_min();
    CHECK(all_finite(x.data(), n));
    for (T& place : x)
      for (T const bad : {limits::infinity(), -limits::infinity(), limits::quiet_NaN(), -limits::quiet_NaN()}) {
        T const good = std::exchange(place, bad);
        CHECK_FALSE(all_finite(x.data(), n));
        place = good;
      }
  }
}

TEST_CASE_TEMPLATE("bits: unscaling is a power of two that leaves squares and reciprocals numbers", T, float, double) {
  using limits = std::numeric_limits<T>;
  for (T x : {limits::min(), T(1e-30), T(0.3), T(1), std::nextafter(T(2), T(1)), T(2), T(1e30), limits::max() / 2,
              limits::max(), limits::denorm_min(), limits::min() / 3}) {
    T const up = unscaling(x), scaled = x * up;
    int exponent;
    CHECK(std::frexp(up, &exponent) == T(0.5));
    CHECK(unscaling(-x) == up);
    if (x < limits::min())
      CHECK(scaled < 2);
    else
      CHECK(scaled >= 1);
    CHECK(scaled >= limits::epsilon());
    CHECK(scaled < (x > limits::max() / 2 ? 4 : 2));
  }
  CHECK(std::isfinite(unscaling(T(0))));
  CHECK(saturated(T(3)) == 3);
  CHECK(saturated(T(0)) == 0);
  CHECK(saturated(limits::max()) == limits::max());
  CHECK(saturated(limits::infinity()) == limits::max());
}

TEST_CASE("bits: round_up is the least multiple that is not less; is_power_of_two counts ones") {
  for (std::int64_t n = 0; n <= 300; ++n)
    for (std::int64_t multiple : {1, 3, 16, 128}) {
      std::int64_t m = 0;
      while (m < n) m += multiple;
      CHECK(round_up(n, multiple) == m);
    }
  for (std::int64_t n = -3; n <= 1030; ++n)
    CHECK(is_power_of_two(n) == (n > 0 && std::popcount(static_cast<std::uint64_t>(n)) == 1));
}
