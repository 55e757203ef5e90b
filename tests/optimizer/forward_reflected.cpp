#include "saddle/optimizer/forward_reflected.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "gradients.hpp"

namespace forward_reflected_tests {

using namespace reference;
using namespace saddle;

TEST_CASE("forward_reflected: w <- w - eta (2 F(w) - F(w_old)), one gradient a step, after a plain first step") {
  forward_reflected const o{.step_size = schedule::linear(0.5, 10, 0.1)};
  auto const seen = gradients_of(o, 8);
  REQUIRE(seen.size() == 8);
  double x = first_weights.min, y = first_weights.max, old_x = 0, old_y = 0;
  for (int t = 1; t <= 8; ++t) {
    taken const& one = seen[static_cast<std::size_t>(t - 1)];
    CHECK(one.step == t);
    CHECK(one.min == doctest::Approx(x).epsilon(1e-12));
    CHECK(one.max == doctest::Approx(y).epsilon(1e-12));
    double const eta = o.step_size(t), gx = y, gy = -x;
    x -= t == 1 ? eta * gx : eta * (2 * gx - old_x);
    y -= t == 1 ? eta * gy : eta * (2 * gy - old_y);
    old_x = gx;
    old_y = gy;
  }
}

TEST_CASE("forward_reflected: converges on the bilinear game below a step of 1 / sqrt 3") {
  auto const left = [](double eta) {
    taken const last = gradients_of(forward_reflected{.step_size = eta}, 2000).back();
    return std::hypot(last.min, last.max);
  };
  CHECK(left(0.1) < 1e-3);
  CHECK(left(0.57) < 1e-3);
  CHECK(left(0.585) > 1e3);
}

TEST_CASE("forward_reflected: a step size that is none is refused") {
  CHECK(forward_reflected{}.objection() == "");
  CHECK(forward_reflected{.step_size = -1}.objection() ==
        "forward_reflected: step_size is finite and not negative, and is -1");
}

}  // namespace forward_reflected_tests
