#include "saddle/optimizer/omd.hpp"

#include <doctest/doctest.h>

#include "reference.hpp"

using namespace reference;

namespace {

/// F of the bilinear game xy in its first coordinate, at any two points.
struct pair {
  double x, y;
};
pair field(pair w) { return {w.y, -w.x}; }

}  // namespace

TEST_CASE_TEMPLATE("omd: recall gives the bits of direction, and the look-ahead subtracts it", T, float, double) {
  omd const o{.step_size = schedule::linear(0.3, 50)};
  stateless s;
  for (int t = 1; t <= 50; ++t) {
    auto const rule = o.template at<T>(t, 0);
    T const g = static_cast<T>(gradient(t));
    CHECK(rule.direction(g, s) == static_cast<T>(o.step_size(t)) * g);
    CHECK(rule.recall(g, s) == rule.direction(g, s));
    CHECK(rule.look_ahead(T(2), rule.recall(g, s)) == T(2) - rule.direction(g, s));
  }
  CHECK(state_planes<omd::rule<T>, T> == 0);
}

TEST_CASE("omd: the look-ahead points of h - 2 eta g + eta g_before, with no double step in w") {
  double const eta = 0.2;
  omd const o{.step_size = eta};
  auto const rule = o.at<double>(1, 0);
  stateless s;
  pair w{1, -2}, h = w;               // from rest: h_1 = w_0
  pair optimistic = h, before{0, 0};  // its double first step is one of h, from w_0 to w_1 - eta g_1
  for (int t = 1; t <= 200; ++t) {
    pair const g = field(h), other = field(optimistic);
    pair const v{rule.direction(g.x, s), rule.direction(g.y, s)};
    w = {w.x - v.x, w.y - v.y};
    if (t == 1) CHECK(w.x == 1 - eta * g.x);
    h = {rule.look_ahead(w.x, rule.recall(g.x, s)), rule.look_ahead(w.y, rule.recall(g.y, s))};
    optimistic = {optimistic.x - 2 * eta * other.x + eta * before.x, optimistic.y - 2 * eta * other.y + eta * before.y};
    before = other;
    CHECK(h.x == doctest::Approx(optimistic.x).epsilon(1e-12));
    CHECK(h.y == doctest::Approx(optimistic.y).epsilon(1e-12));
  }
  CHECK(std::hypot(w.x, w.y) < 0.1);
}

TEST_CASE("omd: one gradient a step, taken at h; which past it uses is part of the type") {
  static_assert(writes_ahead<omd::rule<float>> && writes_ahead<averaged_omd::rule<float>>);
  static_assert(extrapolates<omd::rule<float>> == extrapolation::local);
  static_assert(extrapolates<averaged_omd::rule<float>> == extrapolation::averaged);
  CHECK(phases_of(omd{}) == 1);
  CHECK(phase_of(omd{}, 0).at_h);
  CHECK(phase_of(omd{}, 0).commits);
  CHECK(phase_of(omd{}, 0).exchanges);
  CHECK(omd::name() == "omd");
  CHECK(averaged_omd::name() == "averaged-omd");
}
