#include "saddle/optimizer/alternating.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "gradients.hpp"
#include "reference.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/omd.hpp"

namespace alternating_tests {

using namespace reference;

TEST_CASE("alternating: the list of the minimizing player, then the maximizing one's, as the optimizer has it alone") {
  auto const check = []<class O>(alternating<O> const& o, bool at_h) {
    using facts = facts_of_steps<alternating<O>>;
    static_assert(facts::estimates == 2 && facts::chooses_players && facts::moves);
    CHECK(facts::at_h == at_h);
    CHECK(facts::looks_ahead == facts_of_steps<O>::looks_ahead);
    static_assert(std::is_same_v<decltype(o.template direction<float>(1)), decltype(o.policy.template direction<float>(1))>);
  };
  check(alternating<sgda>{}, false);
  check(alternating<adam>{}, false);
  check(alternating<omd>{}, true);
  using of_min = shared_by_player<whole, 0>;
  using of_max = shared_by_player<whole, 1>;
  static_assert(of_min::player == 0 && of_max::player == 1);
  static_assert(std::is_same_v<alternating<sgda>::steps<whole>, step_list<estimate<name::w, of_min>, descend<of_min>,
                                                                     estimate<name::w, of_max>, descend<of_max>>>);
  CHECK(alternating<sgda>::name() == "alternating-sgda");

  alternating<adam> const o;
  for (int t : {1, 2, 10})
    CHECK(o.direction<double>(t).ratio.correct1 == o.policy.direction<double>(t).ratio.correct1);
}

TEST_CASE("alternating: a trainer takes one gradient a player, both on one sample, the second where the first went") {
  schedule const eta = schedule::linear(0.3, 20, 0.1);
  auto const seen = gradients_of(alternating{sgda{.step_size = eta}}, 10);
  REQUIRE(seen.size() == 20);
  double x = first_weights.min, y = first_weights.max;
  for (int t = 1; t <= 10; ++t) {
    auto const &min = seen[static_cast<std::size_t>(2 * t - 2)], &max = seen[static_cast<std::size_t>(2 * t - 1)];
    for (auto const* one : {&min, &max}) {
      CHECK(one->step == t);
      CHECK(one->draw == 0);
    }
    CHECK(min.player == 0);
    CHECK(max.player == 1);
    CHECK(min.min == doctest::Approx(x).epsilon(1e-12));
    CHECK(min.max == doctest::Approx(y).epsilon(1e-12));
    x -= eta(t) * y;
    CHECK(max.min == doctest::Approx(x).epsilon(1e-12));
    CHECK(max.max == doctest::Approx(y).epsilon(1e-12));
    y += eta(t) * x;
  }
}

TEST_CASE("alternating: the moments of both players count steps") {
  alternating<adam> const o{{.step_size = 0.05, .beta1 = 0.8, .beta2 = 0.9}};
  auto const seen = gradients_of(o, 30);
  REQUIRE(seen.size() == 60);
  double x = first_weights.min, y = first_weights.max;
  textbook_adam of_x(0.8, 0.9, 1e-8), of_y(0.8, 0.9, 1e-8);
  for (std::size_t t = 0; t < 30; ++t) {
    CHECK(seen[2 * t].min == doctest::Approx(x).epsilon(1e-9));
    CHECK(seen[2 * t].max == doctest::Approx(y).epsilon(1e-9));
    x -= 0.05 * of_x.ratio(y);
    CHECK(seen[2 * t + 1].min == doctest::Approx(x).epsilon(1e-9));
    y -= 0.05 * of_y.ratio(-x);
  }
}

TEST_CASE("alternating: with omd each player's own part of h is its look-ahead, and each gradient is taken at h") {
  double const eta = 0.1;
  auto const seen = gradients_of(alternating{omd{.step_size = eta}}, 10);
  REQUIRE(seen.size() == 20);
  double x = first_weights.min, y = first_weights.max, hx = x, hy = y;
  for (std::size_t t = 0; t < 10; ++t) {
    CHECK(seen[2 * t].min == doctest::Approx(hx).epsilon(1e-12));
    CHECK(seen[2 * t].max == doctest::Approx(hy).epsilon(1e-12));
    double const g = hy;
    x -= eta * g;
    hx = x - eta * g;
    CHECK(seen[2 * t + 1].min == doctest::Approx(hx).epsilon(1e-12));
    CHECK(seen[2 * t + 1].max == doctest::Approx(hy).epsilon(1e-12));
    double const f = -hx;
    y -= eta * f;
    hy = y - eta * f;
  }
}

TEST_CASE("alternating: on the bilinear game the orbit stays bounded below eta sigma = 2 and grows by 1.877 at 2.1") {
  auto const radius = [](double a, int steps) {
    alternating_sgda const o{.step_size = a};
    coordinate<double> c{};
    double x = 1, y = 0;
    for (int t = 1; t <= steps; ++t) {
      x -= direction(o, t, c, y);
      y -= direction(o, t, c, -x);
    }
    return std::hypot(x, y);
  };
  for (int steps : {1000, 1001, 1002}) {
    CHECK(radius(0.5, steps) < 2);
    CHECK(radius(0.5, steps) > 0.5);
  }
  CHECK(radius(2.1, 101) / radius(2.1, 100) == doctest::Approx(1.877).epsilon(1e-3));
}

TEST_CASE("alternating_sgda: alternating<sgda> to the bit, its step size a field of its own") {
  schedule const eta = schedule::cosine(0.3, 20, 0.01);
  alternating_sgda const o{.step_size = eta};
  alternating<sgda> const same{{.step_size = eta}};
  CHECK(o.name() == same.name());
  auto const seen = gradients_of(o, 30), expected = gradients_of(same, 30);
  REQUIRE(seen.size() == 60);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].player == expected[i].player);
    CHECK(seen[i].step == expected[i].step);
    CHECK(seen[i].draw == 0);
    CHECK(seen[i].min == expected[i].min);
    CHECK(seen[i].max == expected[i].max);
  }
  for (std::int64_t t : {1, 2, 30}) CHECK(o.direction<float>(t).step == same.direction<float>(t).step);
  static_assert(std::is_same_v<decltype(o.direction<float>(1)), decltype(same.direction<float>(1))>);
  static_assert(!facts_of_steps<alternating_sgda>::at_h);
  static_assert(std::is_aggregate_v<alternating_sgda>);
}

TEST_CASE("alternating: what the type does not tell is refused with a sentence") {
  CHECK(alternating{sgda{.step_size = -1}}.objection() == "sgda: step_size is finite and not negative, and is -1");
  CHECK(alternating_sgda{.step_size = -1}.objection() ==
        "alternating-sgda: step_size is finite and not negative, and is -1");
}

}  // namespace alternating_tests
