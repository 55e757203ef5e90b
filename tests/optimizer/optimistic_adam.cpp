#include "saddle/optimizer/optimistic_adam.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "reference.hpp"

namespace optimistic_adam_tests {

using namespace reference;

TEST_CASE_TEMPLATE("optimistic_adam: 2 eta r_t - eta r_{t-1}, the first step without a second term", T, float, double) {
  optimistic_adam const o{.step_size = schedule::cosine(0.1, 400, 0.01), .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-4};
  textbook_adam naive(0.5, 0.9, 1e-4);
  std::vector<double> expected;
  double before = 0;
  for (int t = 1; t <= 500; ++t) {
    double const ratio = naive.ratio(some_gradient(t)), eta = o.step_size(t);
    expected.push_back(t == 1 ? eta * ratio : 2 * eta * ratio - eta * before);
    before = ratio;
  }
  CHECK(worst(directions<T>(o, 500), expected) < 10 * tolerance<T>);
}

#ifdef SADDLE_BITWISE  // contracted into multiply-adds, the two are one rounding apart
TEST_CASE_TEMPLATE("optimistic_adam: recomputing the old ratio gives the bits of storing it", T, float, double) {
  optimistic_adam const o{.step_size = schedule(0.01).warmed_up(20)};
  std::vector<T> stored;
  T m1 = 0, m2 = 0, before = 0;
  for (int t = 1; t <= 500; ++t) {
    auto const ratio = adam_ratio_after<T>(t, o.beta1, o.beta2, o.epsilon);
    ratio.advance(m1, m2, static_cast<T>(some_gradient(t)));
    T const now = ratio.of(m1, m2);
    double const eta = o.step_size(t);
    stored.push_back(static_cast<T>(t == 1 ? eta : 2 * eta) * now - static_cast<T>(t == 1 ? 0 : eta) * before);
    before = now;
  }
  CHECK(directions<T>(o, 500) == stored);
}
#endif

TEST_CASE("optimistic_adam: no double step at the start, nor after a rest") {
  optimistic_adam const o{.step_size = 0.01};
  coordinate<double> c{};
  CHECK(direction(o, 1, c, 3.0) == doctest::Approx(0.01).epsilon(1e-7));
  CHECK(direction(o, 2, c, 3.0) == doctest::Approx(0.01).epsilon(1e-7));
  coordinate<float> zero{};
  CHECK(direction(o, 1, zero, 0.0f) == 0);
  CHECK(direction(o, 2, zero, 0.0f) == 0);
  static_assert(std::is_same_v<arrays_of_direction<optimistic_adam>, arrays_of_adam>);
}

}  // namespace optimistic_adam_tests
