#include "saddle/optimizer/omd.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "gradients.hpp"
#include "reference.hpp"

namespace omd_tests {

using namespace reference;

namespace {

/// F of the bilinear game xy in its first coordinate, at any two points.
struct pair {
  double x, y;
};
pair field(pair w) { return {w.y, -w.x}; }

}  // namespace

TEST_CASE_TEMPLATE("omd: the look-ahead is a step along the same direction, and there is no state", T, float, double) {
  omd const o{.step_size = schedule::linear(0.3, 50)};
  coordinate<T> c{};
  for (int t = 1; t <= 50; ++t) {
    T const g = static_cast<T>(some_gradient(t)), v = static_cast<T>(o.step_size(t)) * g;
    CHECK(direction(o, t, c, g) == v);
    T const h = ahead(o, t, c, T(2), g);
#ifdef SADDLE_BITWISE  // contracted into a multiply-add, it rounds once
    CHECK(h == T(2) - v);
#else
    CHECK(h == doctest::Approx(T(2) - v).epsilon(1e-6));
#endif
  }
  static_assert(std::is_same_v<arrays_of_direction<omd, T>, uses<in<name::g>>>);
}

TEST_CASE("omd: the look-ahead points of h - 2 eta g + eta g_before, with no double step in w") {
  double const eta = 0.2;
  omd const o{.step_size = eta};
  coordinate<double> c{};
  pair w{1, -2}, h = w;               // from rest: h_1 = w_0
  pair optimistic = h, before{0, 0};  // its double first step is one of h, from w_0 to w_1 - eta g_1
  for (int t = 1; t <= 200; ++t) {
    pair const g = field(h), other = field(optimistic);
    w = {w.x - direction(o, t, c, g.x), w.y - direction(o, t, c, g.y)};
    if (t == 1) CHECK(w.x == 1 - eta * g.x);
    h = {ahead(o, t, c, w.x, g.x), ahead(o, t, c, w.y, g.y)};
    optimistic = {optimistic.x - 2 * eta * other.x + eta * before.x, optimistic.y - 2 * eta * other.y + eta * before.y};
    before = other;
    CHECK(h.x == doctest::Approx(optimistic.x).epsilon(1e-12));
    CHECK(h.y == doctest::Approx(optimistic.y).epsilon(1e-12));
  }
  CHECK(std::hypot(w.x, w.y) < 0.1);
}

TEST_CASE("omd: one gradient a step, taken at h, which is written when w has moved; along what is part of the type") {
  static_assert(std::is_same_v<omd::steps<whole>,
                               step_list<estimate<name::h, whole>, descend<whole>, look_ahead<whole>>>);
  static_assert(std::is_same_v<averaged_omd::steps<whole>,
                               step_list<estimate<name::h, whole>, descend_and_keep<whole>, look_ahead<whole, name::moved>>>);
  static_assert(!facts_of_steps<omd>::averages_look_ahead && facts_of_steps<averaged_omd>::averages_look_ahead);
  static_assert(!facts_of_steps<averaged_omd>::exchanges_look_ahead);
  CHECK(omd::name() == "omd");
  CHECK(averaged_omd::name() == "averaged-omd");
}

TEST_CASE("omd: a trainer takes its gradients at h, from rest at w_0, one a step") {
  schedule const eta = schedule::linear(0.3, 20, 0.1);
  auto const check = [&](auto const& o) {
    auto const seen = gradients_of(o, 20);
    REQUIRE(seen.size() == 20);
    pair w{first_weights.min, first_weights.max}, h = w;
    for (int t = 1; t <= 20; ++t) {
      auto const& one = seen[static_cast<std::size_t>(t - 1)];
      CHECK(one.step == t);
      CHECK(one.draw == 0);
      CHECK(one.min == doctest::Approx(h.x).epsilon(1e-12));
      CHECK(one.max == doctest::Approx(h.y).epsilon(1e-12));
      pair const g = field(h);
      w = {w.x - eta(t) * g.x, w.y - eta(t) * g.y};
      h = {w.x - eta(t) * g.x, w.y - eta(t) * g.y};
    }
  };
  check(omd{.step_size = eta});
  check(averaged_omd{.step_size = eta});  // of one worker the average is its own
}

}  // namespace omd_tests
