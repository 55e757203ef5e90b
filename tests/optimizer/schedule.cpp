#include "saddle/optimizer/schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../heterogeneous.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace schedule_tests {

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

/// Values at given steps, and the last of them from then on.
struct table {
  std::vector<double> values;
  double operator()(std::int64_t step) const {
    return values[std::min(static_cast<std::size_t>(step) - 1, values.size() - 1)];
  }
};

// As others define them, counts and epochs from 0.

using counted = std::function<double(double count)>;
counted linear_schedule(double first, double last, double steps) {
  return [=](double count) { return first + (last - first) * std::fmin(count / steps, 1.0); };
}
counted cosine_decay_schedule(double first, double steps, double last) {
  return [=](double count) {
    double const wave = 0.5 * (1 + std::cos(3.14159265358979323846 * std::fmin(count, steps) / steps));
    return last + (first - last) * wave;
  };
}
/// Of optax: each schedule counts from its boundary.
counted join_schedules(counted one, counted two, double boundary) {
  return [=](double count) { return count < boundary ? one(count) : two(count - boundary); };
}
/// Of torch: at its milestone the second scheduler is in its epoch 0.
counted sequential_lr(double peak, double warmup, counted then) {
  return [=](double epoch) {
    double const first = 1 / warmup, total_iters = warmup - 1;
    return epoch < warmup - 1 ? peak * (first + (1 - first) * epoch / total_iters) : then(epoch - (warmup - 1));
  };
}

}  // namespace

TEST_CASE("schedule: a function of the step") {
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

TEST_CASE("schedule: the forms but a function are constants of a program") {
  constexpr schedule s = schedule::cosine(1, 10, 0.5).warmed_up(3).held(2).paced(2);
  constexpr sgda o{.step_size = 0.25};
  static_assert(s.length == 10 && s.warmup == 3 && s.hold == 2 && s.pace == 2 && o.step_size.base == 0.25);
  CHECK(s(6) == 1);
  CHECK(o.direction<double>(1).step == 0.25);
}

TEST_CASE("schedule: any function of the step, with what it has captured") {
  double const peak = 0.5;
  schedule const lambda = [peak](std::int64_t step) { return peak / static_cast<double>(step); };
  schedule const object = table{{0.1, 0.2, 0.05}};
  std::function<double(std::int64_t)> const erased = object;
  schedule const of_function = erased, of_schedules = [lambda, object](std::int64_t step) {
    return step <= 3 ? object(step) : lambda(step - 3);
  };
  for (std::int64_t t : {1, 2, 3, 4, 1000}) {
    CHECK(lambda(t) == 0.5 / static_cast<double>(t));
    CHECK(object(t) == (t == 1 ? 0.1 : t == 2 ? 0.2 : 0.05));
    CHECK(of_function(t) == object(t));
    CHECK(of_schedules(t) == (t <= 3 ? object(t) : 0.5 / static_cast<double>(t - 3)));
  }
  CHECK(object.objection("sgda: step_size") == "");
  schedule const falls_below = [floor = 0.25](std::int64_t step) { return floor - static_cast<double>(step) / 8; };
  CHECK(falls_below(2) == 0);
  CHECK_THROWS_WITH_AS(falls_below(3),
                       "schedule: a step size is finite and not negative, and the function of the step gives -0.125 at "
                       "step 3",
                       std::invalid_argument);
}

TEST_CASE("schedule: copies share a function, and the last of them ends it") {
  auto const held = std::make_shared<double>(0.25);
  std::weak_ptr<double> const seen = held;
  {
    schedule a = [held](std::int64_t) { return *held; };
    CHECK(seen.use_count() == 2);
    schedule b = a, c = 0.5;
    c = b.paced(3);
    schedule const d = std::move(b);
    a = 0.125;
    b = c;
    b = std::move(c);
    CHECK(seen.use_count() == 2);  // nobody has made another one of it
    CHECK(a(1) == 0.125);
    CHECK(b(1) == 0.25);
    CHECK(d(1) == 0.25);
  }
  CHECK(seen.use_count() == 1);
}

TEST_CASE("schedule: a warm-up ends where optax's and torch's do") {
  double const peak = 3, last = 0.5, length = 40;
  auto const is_joined = [&](schedule const& form, counted const& then, double warmup) {
    schedule const s = form.warmed_up(warmup);
    counted const optax = join_schedules(linear_schedule(0, peak, warmup), then, warmup);
    counted const torch = sequential_lr(peak, warmup, then);
    double const end = warmup + length;
    for (int pace : {1, 3})
      for (double at : {1.0, warmup - 1, warmup, warmup + 1, end - 1, end, end + 7}) {
        auto const step = static_cast<std::int64_t>(at);
        CAPTURE(warmup);
        CAPTURE(step);
        for (std::int64_t call = (step - 1) * pace + 1; call <= step * pace; ++call) {
          CHECK(s.paced(pace)(call) == doctest::Approx(optax(at)).epsilon(1e-14));
          CHECK(s.paced(pace)(call) == doctest::Approx(torch(at - 1)).epsilon(1e-14));
        }
      }
    CHECK(s(static_cast<std::int64_t>(warmup)) == peak);
    CHECK(s(static_cast<std::int64_t>(end)) == doctest::Approx(last).epsilon(1e-15));
  };
  for (double warmup : {2.0, 5.0, 100.0}) {
    counted const line = linear_schedule(peak, last, length), wave = cosine_decay_schedule(peak, length, last);
    is_joined(schedule::linear(peak, length, last), line, warmup);
    is_joined(schedule::cosine(peak, length, last), wave, warmup);
    is_joined([line](std::int64_t step) { return line(static_cast<double>(step - 1)); }, line, warmup);
    is_joined([wave](std::int64_t step) { return wave(static_cast<double>(step - 1)); }, wave, warmup);
  }
  // Held at the peak in between, a function goes on where it stopped.
  schedule const s = schedule(table{{3, 2, 1}}).warmed_up(4).held(2);
  double const expected[] = {0.75, 1.5, 2.25, 3, 3, 3, 2, 1, 1};
  for (int t = 1; t <= 9; ++t) {
    CHECK(s(t) == expected[t - 1]);
    for (int call = 2 * t - 1; call <= 2 * t; ++call) CHECK(s.paced(2)(call) == expected[t - 1]);
  }
}

TEST_CASE("schedule: a run by a function is that by the form, and goes on from a checkpoint, which has none") {
  test::heterogeneous_game const noisy(0.3);
  schedule const form = schedule::cosine(0.1, 30, 0.01).warmed_up(5), same = [form](std::int64_t t) { return form(t); };
  auto const run = [&](schedule const& s, int threads) {
    extragradient const looks{.step_size = s, .extrapolation_step_size = s.paced(2)};
    return test::trainer_of(noisy, per_player{looks, looks, 2}, identity{}, parameter_server{}, threads);
  };
  auto by_form = run(form, 1), by_function = run(same, 3);
  by_form.run(40);
  by_function.run(40);
  CHECK(by_form.digest() == by_function.digest());
  test::is_repeatable([&](int threads) { return run(same, threads); });
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
  CHECK(schedule(static_cast<double (*)(std::int64_t)>(nullptr)).objection(f) ==
        f + " is a function of the step, and empty");
  CHECK(schedule(std::function<double(std::int64_t)>()).objection(f) == f + " is a function of the step, and empty");
  for (schedule const& sound : {schedule(0), schedule::linear(0, 0, 1), schedule::cosine(1, 5).warmed_up(3).held(2),
                                schedule::inverse_sqrt(0.1, 0.5), schedule(one_over)})
    CHECK(sound.objection(f) == "");
}

}  // namespace schedule_tests
