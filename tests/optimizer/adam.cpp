#include "saddle/optimizer/adam.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "reference.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"

namespace adam_tests {

using namespace reference;

TEST_CASE_TEMPLATE("adam: the textbook's, with its corrections", T, float, double) {
  adam const o{.step_size = schedule::linear(0.1, 300, 0.01), .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-3};
  textbook_adam naive(0.8, 0.99, 1e-3);
  std::vector<double> expected;
  for (int t = 1; t <= 500; ++t) expected.push_back(o.step_size(t) * naive.ratio(some_gradient(t)));
  CHECK(worst(directions<T>(o, 500), expected) < tolerance<T>);
}

TEST_CASE_TEMPLATE("adam: the corrections are those of the moments' betas, so that step 1 is the step size", T, float,
                   double) {
  // Of a gradient that never changes all ratios are 1, of whatever betas: to a few roundings.
  double const few = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (double beta2 : {0.9, 0.999, 0.9999, 0.99999, 0.999999})
    for (double beta1 : {0.0, 0.1, 0.5, 0.9, 0.99})
      for (T g : {T(1e-3), T(-0.7), T(3)}) {
        CAPTURE(beta1);
        CAPTURE(beta2);
        double const sign = g < 0 ? -1 : 1;
        adam const plain{.step_size = 0.25, .beta1 = beta1, .beta2 = beta2, .epsilon = 1e-30};
        optimistic_adam const optimistic{.step_size = 0.25, .beta1 = beta1, .beta2 = beta2, .epsilon = 1e-30};
        extra_adam const extra{.step_size = 0.25, .beta1 = beta1, .beta2 = beta2, .epsilon = 1e-30};
        coordinate<T> a{}, b{}, c{};
        CHECK(std::abs(direction(plain, 1, a, g) - 0.25 * sign) < few);
        CHECK(std::abs(direction(optimistic, 1, b, g) - 0.25 * sign) < few);
        CHECK(std::abs(-ahead(extra, 1, c, T(0), g) - 0.25 * sign) < few);
        CHECK(std::abs(direction(extra, 1, c, g) - 0.25 * sign) < 4 * few + 1e-11);
      }
}

TEST_CASE("adam: a beta that would be 1 in floats is the number below it") {
  auto const ratio = adam_ratio_after<float>(1, 0.9, 1 - 1e-12, 1e-8);
  CHECK(ratio.beta2 < 1);
  float m1 = 0, m2 = 0;
  ratio.advance(m1, m2, 0.5f);
  CHECK(ratio.of(m1, m2) == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("adam: an epsilon that would be 0 in floats is the least normal number, and zero gradients move nothing") {
  coordinate<float> c{};
  CHECK(direction(adam{.epsilon = 1e-60}, 1, c, 0.0f) == 0);
  CHECK(direction(optimistic_adam{.epsilon = 1e-60}, 1, c, 0.0f) == 0);
}

TEST_CASE("adam, optimistic_adam, extra_adam: numbers that are none of theirs are refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  auto const check = [&](auto const& sound) {
    std::string const name = sound.name();
    CHECK(sound.objection() == "");
    for (double bad : {nan, inf, -inf, -1e-3}) {
      auto o = sound;
      o.step_size = bad;
      CHECK(o.objection() == name + ": step_size is finite and not negative, and is " + number_text(bad));
      o = sound;
      o.epsilon = bad;
      CHECK(o.objection() == name + ": epsilon is finite and positive, and is " + number_text(bad));
    }
    for (double bad : {nan, inf, -inf, -1e-3, 1.0, 1.5}) {
      auto o = sound;
      o.beta1 = bad;
      CHECK(o.objection() == name + ": beta1 lies in [0, 1), and is " + number_text(bad));
      o = sound;
      o.beta2 = bad;
      CHECK(o.objection() == name + ": beta2 lies in [0, 1), and is " + number_text(bad));
    }
    auto o = sound;
    o.beta1 = o.beta2 = 0;
    o.step_size = 0;
    CHECK(o.objection() == "");
    o.epsilon = 0;
    CHECK(o.objection() == name + ": epsilon is finite and positive, and is 0");
  };
  check(adam{});
  check(optimistic_adam{});
  check(extra_adam{});
}

TEST_CASE("adam: the defaults of the paper; the first step is the step size, whatever the gradient") {
  adam const o;
  CHECK(o.beta1 == 0.9);
  CHECK(o.beta2 == 0.999);
  CHECK(o.epsilon == 1e-8);
  for (double g : {1e-3, -2.0, 1e3}) {
    coordinate<double> c{};
    CHECK(direction(o, 1, c, g) == doctest::Approx(std::copysign(1e-3, g)).epsilon(1e-4));
  }
  coordinate<float> c{};
  CHECK(direction(o, 1, c, 0.0f) == 0);  // no 0 / 0
  static_assert(std::is_same_v<arrays_of_direction<adam>, arrays_of_adam>);
}

}  // namespace adam_tests
