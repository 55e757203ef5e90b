#include "saddle/optimizer/alternating.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "reference.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/per_player.hpp"

using namespace reference;

TEST_CASE(
    "alternating: the minimizing player's phase, then the maximizing one's, on one sample and one count of steps") {
  auto const check = [](auto const& o) {
    CHECK(phases_of(o) == 2);
    for (int k = 0; k < 2; ++k) {
      phase const alone = phase_of(o.policy, 0), one = phase_of(o, k);
      CHECK(one.player == k);
      CHECK(one.commits);
      CHECK(one.exchanges);
      CHECK(one.at_h == alone.at_h);
      CHECK(one.draw == 0);
    }
  };
  check(alternating<sgda>{});
  check(alternating<adam>{});
  check(alternating<omd>{});
  CHECK(alternating<sgda>::name() == "alternating-sgda");

  alternating<adam> const o;
  for (int t : {1, 2, 10}) {
    double const correct1 = o.policy.at<double>(t, 0).ratio.correct1;
    CHECK(o.at<double>(t, 0).ratio.correct1 == correct1);
    CHECK(o.at<double>(t, 1).ratio.correct1 == correct1);
  }
}

TEST_CASE("alternating: on the bilinear game the orbit stays bounded below eta sigma = 2 and grows by 1.877 at 2.1") {
  auto const radius = [](double a, int steps) {
    alternating_sgda const o{.step_size = a};
    stateless s;
    double x = 1, y = 0;
    for (int t = 1; t <= steps; ++t) {
      x -= o.at<double>(t, 0).direction(y, s);
      y -= o.at<double>(t, 1).direction(-x, s);
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
  CHECK(phases_of(o) == phases_of(same));
  for (int k = 0; k < 2; ++k) {
    phase const one = phase_of(o, k);
    CHECK(one.player == k);
    CHECK(one.commits);
    CHECK(one.exchanges);
    CHECK_FALSE(one.at_h);
    CHECK(one.draw == 0);
    for (std::int64_t t : {1, 2, 30}) CHECK(o.at<float>(t, k).step_size == same.at<float>(t, k).step_size);
  }
  static_assert(std::is_same_v<rule_of<alternating_sgda, float>, rule_of<alternating<sgda>, float>>);
  static_assert(std::is_aggregate_v<alternating_sgda>);
}

TEST_CASE("alternating: what the type does not tell is refused with a sentence") {
  auto const of_a_pair = [](int max_steps) {
    return alternating{per_player<sgda, sgda>{.min = {}, .max = {}, .max_steps = max_steps}}.objection();
  };
  CHECK(of_a_pair(1) == "");
  CHECK(of_a_pair(2) == "alternating takes an optimizer of one phase");
  CHECK(alternating{sgda{.step_size = -1}}.objection() == "sgda: step_size is finite and not negative, and is -1");
  CHECK(alternating_sgda{.step_size = -1}.objection() ==
        "alternating-sgda: step_size is finite and not negative, and is -1");
}
