#include "saddle/optimizer/extragradient.hpp"

#include <doctest/doctest.h>

#include "reference.hpp"

using namespace reference;

TEST_CASE_TEMPLATE("extragradient: h = w - eta F(w), w <- w - eta F(h), by its factor on the bilinear game", T, float,
                   double) {
  for (double a : {0.1, 0.5}) {
    extragradient const o{.step_size = a};
    stateless s;
    T x = 1, y = 0;
    for (int t = 1; t <= 20; ++t) {
      auto const look = o.template at<T>(t, 0), move = o.template at<T>(t, 1);
      T const hx = look.look_ahead(x, look.direction(y, s)), hy = look.look_ahead(y, look.direction(-x, s));
      T const vx = move.direction(hy, s), vy = move.direction(-hx, s);
      x -= vx;
      y -= vy;
    }
    CHECK(std::hypot(x, y) == doctest::Approx(std::pow(std::sqrt(1 - a * a + a * a * a * a), 20)).epsilon(1e-5));
  }
}

TEST_CASE("extragradient: the first phase only looks ahead, and exchanges only where it is averaged") {
  auto const check = [](auto o, bool averaged) {
    for (sampling second : {sampling::same, sampling::independent}) {
      o.second = second;
      phase const look = phase_of(o, 0), move = phase_of(o, 1);
      CHECK(phases_of(o) == 2);
      CHECK_FALSE(look.commits);
      CHECK(look.exchanges == averaged);
      CHECK_FALSE(look.at_h);
      CHECK(move.commits);
      CHECK(move.exchanges);
      CHECK(move.at_h);
      CHECK((look.draw == move.draw) == (second == sampling::same));
    }
  };
  check(extragradient{}, false);
  check(averaged_extragradient{}, true);
  static_assert(!writes_ahead<extragradient::rule<float>>);
  static_assert(extrapolates<averaged_extragradient::rule<float>> == extrapolation::averaged);
  CHECK(extragradient::name() == "extragradient");
  CHECK(averaged_extragradient::name() == "averaged-extragradient");
}
