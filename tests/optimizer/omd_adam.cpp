#include "saddle/optimizer/omd_adam.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "reference.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"

using namespace reference;

TEST_CASE_TEMPLATE("omd_adam: half-iterates move by 2 eta r_t - eta r_{t-1}, as optimistic_adam's weights do", T, float,
                   double) {
  omd_adam const o{.step_size = 0.01, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-4};
  auto const expected = directions<double>(optimistic_adam{o.step_size, o.beta1, o.beta2, o.epsilon}, 300);
  coordinate<T> c{};
  T w = 0, before = 0;
  std::vector<T> moves;
  for (int t = 1; t <= 300; ++t) {
    w -= direction(o, t, c, static_cast<T>(some_gradient(t)));
    T const h = ahead(o, t, c, w, T(0));  // nothing is owed
    if (t > 1) moves.push_back(before - h);
    before = h;
  }
  for (std::size_t i = 0; i < moves.size(); ++i) CHECK(moves[i] == doctest::Approx(expected[i + 1]).epsilon(1e-3));
}

TEST_CASE("omd_adam: a look-ahead moves no state; what is owed is measured as the gradients are") {
  static_assert(!looks_ahead_with_a_state<omd_adam>);
  static_assert(std::is_same_v<arrays_of_direction<omd_adam>, arrays_of_adam>);
  omd_adam o{.step_size = 0.01, .epsilon = 1e-4};
  coordinate<double> c{};
  double const v = direction(o, 1, c, 2.0);
  CHECK(v == doctest::Approx(0.01 * 2 / (2 + 1e-4)));
  CHECK(ahead(o, 1, c, 5.0, 0.0) == doctest::Approx(5 - v));
  CHECK(ahead(o, 1, c, 5.0, 0.0) == ahead(o, 1, c, 5.0, 0.0));
  double const owed = 0.01 * 2 / (std::sqrt(0.9 * 4 + 0.1 * 4 / 0.1) + 1e-4);  // m2 is 0.1 * 4, the correction 1 / 0.1
  CHECK(ahead(o, 1, c, 5.0, 2.0) == doctest::Approx(5 - v - owed));
  coordinate<double> never_sent{};
  CHECK(ahead(o, 1, never_sent, 5.0, 1e3) == doctest::Approx(5 - 0.01));
  o.optimism = 0;
  CHECK(ahead(o, 1, c, 5.0, 0.0) == 5);
  CHECK(ahead(o, 1, c, 5.0, 2.0) == doctest::Approx(5 - owed));
  o.optimism = 0.5;
  CHECK(ahead(o, 1, c, 5.0, 0.0) == doctest::Approx(5 - v / 2));
}

TEST_CASE("omd_adam: bad numbers are named") {
  CHECK(omd_adam{}.objection().empty());
  CHECK(omd_adam{.optimism = -1}.objection() == "omd-adam: optimism is finite and not negative, and is -1");
  CHECK(omd_adam{.beta1 = 1}.objection() == "omd-adam: beta1 lies in [0, 1), and is 1");
}
