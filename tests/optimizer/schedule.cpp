#include "saddle/optimizer/schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "saddle/optimizer/sgda.hpp"

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
  CHECK(falling(109) == 2);
  CHECK(falling(409) == 1);
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

TEST_CASE("schedule: what follows a warm-up begins at its peak when that ends, and takes its own length from there") {
  double const peak = 3, last = 0.5;
  for (int warmup : {1, 2, 10, 50}) {
    CAPTURE(warmup);
    for (schedule const& form : {schedule::linear(peak, 40, last), schedule::cosine(peak, 40, last),
                                 schedule::inverse_sqrt(peak, 7), schedule(peak), schedule::linear(peak, 40).held(9)}) {
      schedule const s = form.warmed_up(warmup);
      double highest = 0;
      for (int t = 1; t <= 300; ++t) {
        highest = std::fmax(highest, s(t));
        if (t < warmup) CHECK(s(t) == doctest::Approx(peak * t / warmup).epsilon(1e-15));
        else CHECK(s(t) == form(t - warmup + 1));
      }
      CHECK(s(warmup) == peak);
      CHECK(highest == peak);
    }
    CHECK(schedule::linear(peak, 40, last).warmed_up(warmup)(warmup + 39) > last);
    CHECK(schedule::linear(peak, 40, last).warmed_up(warmup)(warmup + 40) == last);
  }
}

TEST_CASE("schedule: a warm-up, a time at the peak, then any form") {
  schedule const s = schedule::inverse_sqrt(2, 4).warmed_up(10).held(5);
  CHECK(s(10) == 2);
  CHECK(s(18) == 2);
  CHECK(s(30) == doctest::Approx(2 * std::sqrt(4.0 / 16)).epsilon(1e-15));
}

namespace {

double one_over(std::int64_t step) { return 1 / static_cast<double>(step); }

}  // namespace

TEST_CASE("schedule: a function of the step") {
  static_assert(std::is_trivially_copyable_v<schedule>);
  schedule const s = one_over, lambda = [](std::int64_t step) { return step > 3 ? 0.25 : 0.5; };
  for (std::int64_t t : {1, 2, 1000}) CHECK(s(t) == 1 / static_cast<double>(t));
  CHECK(lambda(3) == 0.5);
  CHECK(lambda(4) == 0.25);
  CHECK(s.warmed_up(4)(2) == 0.5);
  CHECK(s.warmed_up(4)(4) == 1);
  CHECK(s.warmed_up(4)(6) == doctest::Approx(1.0 / 3));
  CHECK(s.held(4)(5) == 1);
  CHECK(s.held(4)(6) == 0.5);
  sgda const o{.step_size = one_over};
  CHECK(o.direction<double>(4).step == 0.25);
  CHECK(o.objection() == "");
  schedule const zero = 0;  // a number, and no null pointer
  CHECK(zero(1) == 0);
  CHECK(zero.objection("sgda: step_size") == "");

  schedule const rising = [](std::int64_t step) { return step < 7 ? 0.1 : -0.1; };
  CHECK(rising(6) == 0.1);
  CHECK_THROWS_WITH_AS(rising(7),
                       "schedule: a step size is finite and not negative, and the function of the step gives -0.1 at "
                       "step 7",
                       std::invalid_argument);
  schedule const none = [](std::int64_t) { return std::nan(""); };
  CHECK_THROWS_AS(none(1), std::invalid_argument);
}

TEST_CASE("schedule: paced, it goes on once in n steps") {
  for (schedule const& s : {schedule::linear(1, 10).warmed_up(3), schedule::cosine(1, 5), schedule(one_over)})
    for (int n : {1, 3})
      for (int t = 1; t <= 60; ++t) CHECK(s.paced(n)(t) == s((t + n - 1) / n));
  schedule const s = schedule::linear(1, 10);
  CHECK(s.paced(2).paced(3)(13) == s(3));
}

TEST_CASE("schedule: numbers that are no step sizes, and no counts of steps, are refused by name and value") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  std::string const f = "sgda: step_size";
  for (double bad : {nan, inf, -inf, -5.0}) {
    CAPTURE(bad);
    std::string const rule = " is finite and not negative, and is " + number_text(bad);
    CHECK(sgda{bad}.objection() == f + rule);
    CHECK(schedule::linear(bad, 5).objection(f) == f + rule);
    CHECK(schedule::linear(0.01, bad, 0).objection(f) == f + ".length" + rule);
    CHECK(schedule::cosine(0.01, bad, 0).objection(f) == f + ".length" + rule);
    CHECK(schedule::inverse_sqrt(0.01, bad).objection(f) == f + ".length" + rule);
    CHECK(schedule::linear(0.01, 5, bad).objection(f) == f + ".last" + rule);
    CHECK(schedule::cosine(0.01, 5, bad).objection(f) == f + ".last" + rule);
    CHECK(schedule(0.01).warmed_up(bad).objection(f) == f + ".warmup" + rule);
    CHECK(schedule(0.01).held(bad).objection(f) == f + ".hold" + rule);
    CHECK(schedule(one_over).warmed_up(bad).objection(f) == f + ".warmup" + rule);
    CHECK(schedule(one_over).held(bad).objection(f) == f + ".hold" + rule);
  }
  CHECK(schedule::inverse_sqrt(0.01, 0).objection(f) == f + ".length is positive, and is 0");
  CHECK(schedule(static_cast<schedule::function_of_the_step>(nullptr)).objection(f) ==
        f + " is a function of the step, and a null pointer");
  for (schedule const& sound : {schedule(0), schedule::linear(0, 0, 1), schedule::cosine(1, 5).warmed_up(3).held(2),
                                schedule::inverse_sqrt(0.1, 0.5), schedule(one_over)})
    CHECK(sound.objection(f) == "");
}
