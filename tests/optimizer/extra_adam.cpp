#include "saddle/optimizer/extra_adam.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "gradients.hpp"
#include "reference.hpp"

namespace extra_adam_tests {

using namespace reference;

TEST_CASE_TEMPLATE("extra_adam: both gradients of a step enter the moments and their count", T, float, double) {
  extra_adam const o{.step_size = schedule::linear(0.1, 100, 0.05), .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-4};
  textbook_adam naive(0.5, 0.9, 1e-4);
  std::vector<double> expected;
  std::vector<T> seen;
  coordinate<T> c{};
  for (int t = 1; t <= 200; ++t) {
    double const first = some_gradient(2 * t - 1), second = some_gradient(2 * t);
    seen.push_back(-ahead(o, t, c, T(0), static_cast<T>(first)));
    seen.push_back(direction(o, t, c, static_cast<T>(second)));
    expected.push_back(o.step_size(t) * naive.ratio(first));
    expected.push_back(o.step_size(t) * naive.ratio(second));
  }
  CHECK(worst(seen, expected) < 10 * tolerance<T>);
}

TEST_CASE("extra_adam: the first gradient only looks ahead, from any base; the second, at h, moves") {
  using facts = facts_of_steps<extra_adam>;
  static_assert(facts::estimates == 2 && facts::at_h && facts::looks_ahead && !facts::averages_look_ahead);
  static_assert(std::is_same_v<arrays_of_direction<extra_adam>, arrays_of_adam>);
  coordinate<double> a{}, b{};
  CHECK(ahead(extra_adam{}, 1, a, 5.0, 0.5) == doctest::Approx(5 + ahead(extra_adam{}, 1, b, 0.0, 0.5)));
  for (sampling second : {sampling::same, sampling::independent}) {
    auto const seen = gradients_of(extra_adam{.step_size = 0.125, .second = second}, 2);
    REQUIRE(seen.size() == 4);
    for (std::size_t k = 0; k < 4; ++k) CHECK(seen[k].step == static_cast<std::int64_t>(k / 2 + 1));
    CHECK((seen[0].draw == seen[1].draw) == (second == sampling::same));
    CHECK((seen[2].draw == seen[3].draw) == (second == sampling::same));
    CHECK(seen[0].min == first_weights.min);
    CHECK(seen[1].min == doctest::Approx(first_weights.min + 0.125).epsilon(1e-6));  // against the sign of max
    CHECK(seen[1].max == doctest::Approx(first_weights.max + 0.125).epsilon(1e-6));
    CHECK(seen[2].min == doctest::Approx(first_weights.min + 0.125).epsilon(1e-2));
  }
}

}  // namespace extra_adam_tests
