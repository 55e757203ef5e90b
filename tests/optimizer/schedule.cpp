#include "saddle/optimizer/schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>

using namespace saddle;

TEST_CASE("schedule: a number is a constant one") {
  schedule const s = 0.25;
  for (std::int64_t t : {std::int64_t{1}, std::int64_t{2}, std::int64_t{1} << 40}) CHECK(s(t) == 0.25);
}

TEST_CASE("schedule: linear falls evenly from step 1 to its last value, and stays there") {
  schedule const s = schedule::linear(1, 10, 0.5), rising = schedule::linear(0, 4, 1);
  CHECK(s(1) == 1);
  CHECK(s(6) == doctest::Approx(0.75).epsilon(1e-15));
  CHECK(s(11) == 0.5);
  CHECK(s(12) == 0.5);
  CHECK(s(1000000) == 0.5);
  for (int t = 1; t <= 9; ++t) CHECK(s(t) - s(t + 1) == doctest::Approx(0.05).epsilon(1e-12));
  CHECK(rising(1) == 0);
  CHECK(rising(3) == 0.5);
  CHECK(rising(5) == 1);
  CHECK(schedule::linear(1, 10)(11) == 0);
}

TEST_CASE("schedule: cosine goes half a wave") {
  schedule const s = schedule::cosine(3, 8, 1);
  CHECK(s(1) == 3);
  CHECK(s(3) == doctest::Approx(2 + std::sqrt(0.5)).epsilon(1e-14));
  CHECK(s(5) == doctest::Approx(2).epsilon(1e-14));
  CHECK(s(9) == doctest::Approx(1).epsilon(1e-14));
  CHECK(s(500) == s(9));
}

TEST_CASE("schedule: inverse_sqrt is constant, then falls with the root of the step") {
  schedule const s = schedule::inverse_sqrt(2, 100);
  CHECK(s(1) == 2);
  CHECK(s(100) == 2);
  CHECK(s(101) == doctest::Approx(2 * std::sqrt(100.0 / 101)).epsilon(1e-15));
  CHECK(s(400) == 1);
  CHECK(s(10000) == doctest::Approx(0.2).epsilon(1e-15));
}

TEST_CASE("schedule: a warm-up rises evenly to what follows") {
  schedule const s = schedule(2).warmed_up(4);
  CHECK(s(1) == 0.5);
  CHECK(s(2) == 1);
  CHECK(s(3) == 1.5);
  CHECK(s(4) == 2);
  CHECK(s(5) == 2);
  schedule const falling = schedule::inverse_sqrt(2, 100).warmed_up(10);
  CHECK(falling(5) == 1);
  CHECK(falling(10) == 2);
  CHECK(falling(400) == 1);
  CHECK(schedule(2).warmed_up(0)(1) == 2);
  CHECK(schedule(2).warmed_up(1)(1) == 2);
}

TEST_CASE("schedule: a held one stays at its base, then falls") {
  schedule const s = schedule::linear(2, 100).held(50);
  CHECK(s(1) == 2);
  CHECK(s(51) == 2);
  CHECK(s(101) == 1);
  CHECK(s(151) == 0);
  CHECK(s(500) == 0);
}
