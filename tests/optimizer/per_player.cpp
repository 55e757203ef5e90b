#include "saddle/optimizer/per_player.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <type_traits>

#include "reference.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/alternating.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/optimizer/sgda.hpp"

using namespace reference;

namespace {

template <class O>
std::string objection_of(O const& o) {
  return o.objection();
}
bool says(std::string const& what, std::string const& words) { return what.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("per_player: each player's coordinates follow its own rule") {
  per_player<sgda, adam> const o{.min = {.step_size = 0.5}, .max = {.step_size = 0.25}};
  auto const rule = o.at<float>(1, 0);
  std::vector<float> seen(2);
  for (int p = 0; p < 2; ++p)
    with_rule(rule, p, [&](auto const& one) {
      typename std::remove_cvref_t<decltype(one)>::state s{};
      seen[static_cast<std::size_t>(p)] = one.direction(-8, s);
    });
  CHECK(seen[0] == -4);
  CHECK(seen[1] == doctest::Approx(-0.25));
  CHECK(state_planes<rule_of<per_player<sgda, adam>, float>, float> == 2);
  CHECK(state_planes<rule_of<per_player<adam, sgda>, float>, float> == 2);
  CHECK(o.name() == "per-player-sgda-adam");
  static_assert(optimizer<per_player<sgda, adam>> && optimizer<per_player<omd, optimistic_adam>>);
  static_assert(writes_ahead<rule_of<per_player<sgda, omd>, float>>);
  static_assert(writes_ahead<rule_of<per_player<omd, sgda>, float>>);
  static_assert(!writes_ahead<rule_of<per_player<sgda, sgda>, float>>);
  static_assert(extrapolates<rule_of<per_player<sgda, averaged_omd>, float>> == extrapolation::averaged);
}

TEST_CASE("per_player: the maximizing player moves max_steps - 1 times alone, then both do") {
  for (int max_steps : {1, 5}) {
    per_player<adam, adam> const o{.min = {}, .max = {}, .max_steps = max_steps};
    CHECK(phases_of(o) == max_steps);
    CHECK(objection_of(o) == "");
    std::set<int> draws;
    for (int k = 0; k < max_steps; ++k) {
      phase const one = phase_of(o, k);
      CHECK(one.player == (k + 1 < max_steps ? 1 : phase::both));
      CHECK(one.commits);
      CHECK(one.exchanges);
      draws.insert(one.draw);
    }
    CHECK(draws.size() == static_cast<std::size_t>(max_steps));  // each on a sample of its own
  }
}

TEST_CASE("per_player: with two gradients a step each move of the maximizing player is a look-ahead and a step") {
  for (sampling second : {sampling::same, sampling::independent}) {
    extragradient const one{.step_size = 0.1, .second = second};
    per_player<extragradient, extragradient> const o{.min = one, .max = one, .max_steps = 5};
    CHECK(phases_of(o) == 10);
    std::set<int> draws;
    for (int k = 0; k < 10; ++k) {
      phase const p = phase_of(o, k);
      CHECK(p.player == (k < 8 ? 1 : phase::both));
      CHECK(p.commits == (k % 2 == 1));
      CHECK(p.at_h == (k % 2 == 1));
      CHECK(p.exchanges == (k % 2 == 1));
      draws.insert(p.draw);
    }
    CHECK(draws.size() == (second == sampling::same ? 5u : 10u));
  }
}

TEST_CASE("per_player: the moments of each player count its own gradients") {
  std::int64_t n = 0;
  per_player<adam, adam> const o{.min = {}, .max = {}, .max_steps = 5};
  for (int t = 1; t <= 4; ++t)
    for (int k = 0; k < 5; ++k) {
      auto const rule = o.at<double>(t, k);
      CHECK(rule.max.ratio.correct1 == adam_ratio_after<double>(++n, 0.9, 0.999, 1e-8).correct1);
      if (k == 4) CHECK(rule.min.ratio.correct1 == adam_ratio_after<double>(t, 0.9, 0.999, 1e-8).correct1);
    }
  n = 0;
  per_player<extra_adam, extra_adam> const both{.min = {}, .max = {}, .max_steps = 3};
  for (int t = 1; t <= 4; ++t)
    for (int k = 0; k < 6; ++k) {
      auto const rule = both.at<double>(t, k);
      CHECK(rule.max.ratio.correct2 == adam_ratio_after<double>(++n, 0.5, 0.9, 1e-8).correct2);
      if (k >= 4)
        CHECK(rule.min.ratio.correct2 == adam_ratio_after<double>(2 * (t - 1) + k - 3, 0.5, 0.9, 1e-8).correct2);
    }
}

TEST_CASE("per_player: the schedules of both players count steps, however often the maximizing one moves") {
  schedule const eta = schedule::linear(1, 10).warmed_up(3);
  auto const check = [&](auto const& o, auto step_size_of) {
    for (int max_steps : {1, 2, 5}) {
      auto paired = o;
      paired.max_steps = max_steps;
      int const phases = phases_of(paired);
      for (std::int64_t t : {1, 2, 3, 7, 40})
        for (int k = 0; k < phases; ++k) {
          CHECK(step_size_of(paired.template at<double>(t, k).min) == eta(t));
          CHECK(step_size_of(paired.template at<double>(t, k).max) == eta(t));
        }
    }
  };
  auto const of_rule = [](auto const& rule) { return rule.step_size; };
  check(per_player<sgda, sgda>{{eta}, {eta}}, of_rule);
  check(per_player<omd, omd>{{eta}, {eta}}, of_rule);
  check(per_player<extragradient, extragradient>{{eta}, {eta}}, of_rule);
  check(per_player<adam, adam>{{.step_size = eta}, {.step_size = eta}}, of_rule);
  check(per_player<extra_adam, extra_adam>{{.step_size = eta}, {.step_size = eta}}, of_rule);
  per_player<optimistic_adam, optimistic_adam> o{{.step_size = eta}, {.step_size = eta}, 2};
  CHECK(o.at<double>(1, 1).max.now == 2 * eta(1));  // its second move, and no longer its first
  CHECK(o.at<double>(7, 0).max.now == 2 * eta(7));
  CHECK(o.at<double>(7, 1).max.before == eta(7));
}

TEST_CASE("per_player: pairs that cannot step together are refused with their sentence") {
  CHECK(objection_of(per_player<sgda, adam>{}) == "");
  CHECK(objection_of(per_player<omd, sgda>{}) == "");
  CHECK(objection_of(per_player<extragradient, extra_adam>{.min = {.second = sampling::independent}, .max = {}}) == "");
  CHECK(says(objection_of(per_player<sgda, extragradient>{}), "the same number of gradients"));
  CHECK(
      says(objection_of(per_player<sgda, sgda>{.min = {}, .max = {}, .max_steps = 0}), "max_steps must be at least 1"));
  CHECK(objection_of(per_player<sgda, sgda>{.min = {}, .max = {}, .max_steps = -3}) ==
        "per_player: max_steps must be at least 1, and is -3");
  CHECK(objection_of(per_player<sgda, adam>{.min = {.step_size = -1}, .max = {}}) ==
        "per_player: min: sgda: step_size is finite and not negative, and is -1");
  CHECK(objection_of(per_player<sgda, adam>{.min = {}, .max = {.beta2 = 1}}) ==
        "per_player: max: adam: beta2 lies in [0, 1), and is 1");
  CHECK(says(objection_of(per_player<alternating_sgda, alternating_sgda>{}), "already chooses its player"));
  CHECK(says(objection_of(per_player<extragradient, averaged_extragradient>{}), "commit and exchange together"));
  CHECK(says(objection_of(per_player<extragradient, extra_adam>{}), "the same samples"));
}

namespace {

/// Like omd's in all but the direction.
template <class T>
struct doubled_rule : omd::rule<T> {
  SADDLE_HD T direction(T gradient, stateless&) const { return 2 * this->step_size * gradient; }
};
template <class A, class B>
inline constexpr bool share_directions = std::is_same_v<stepping_rule<A>, stepping_rule<B>>;

}  // namespace

TEST_CASE("rules that add a look-ahead share the directions of their base, those with directions of their own do not") {
  using plain = sgda::rule<float>;
  CHECK(share_directions<plain, omd::rule<float>>);
  CHECK(share_directions<plain, averaged_omd::rule<float>>);
  CHECK(share_directions<plain, extragradient::rule<float>>);
  CHECK(share_directions<adam::rule<float>, extra_adam::rule<float>>);
  CHECK(std::is_same_v<stepping_rule<optimistic_adam::rule<float>>, optimistic_adam::rule<float>>);
  CHECK(std::is_same_v<stepping_rule<doubled_rule<float>>, doubled_rule<float>>);

  using both = rule_of<per_player<omd, extra_adam>, float>;
  CHECK(std::is_same_v<stepping_rule<both>, rule_pair<plain, adam::rule<float>>>);
  per_player<omd, sgda> const o{.min = {.step_size = 0.5}, .max = {.step_size = 0.25}};
  auto const steps = stepping_of(o.at<float>(1, 0));
  CHECK(steps.min.step_size == 0.5f);
  CHECK(steps.max.step_size == 0.25f);
}
