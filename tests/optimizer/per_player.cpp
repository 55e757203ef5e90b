#include "saddle/optimizer/per_player.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <type_traits>

#include "gradients.hpp"
#include "reference.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/optimizer/sgda.hpp"

namespace per_player_tests {

using namespace reference;

namespace {

template <class O>
std::string objection_of(O const& o) {
  return o.objection();
}
/// What an operation of a step is made from, as far as an optimizer goes.
template <class O>
struct of_optimizer {
  O const& optimizer;
};
bool says(std::string const& what, std::string const& words) { return what.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("per_player: each player's coordinates follow its own direction") {
  per_player<sgda, adam> const o{.min = {.step_size = 0.5}, .max = {.step_size = 0.25}};
  coordinate<float> c{};
  CHECK(direction(o, 1, c, -8.0f, 0) == -4);
  CHECK(direction(o, 1, c, -8.0f, 1) == doctest::Approx(-0.25));
  static_assert(std::is_same_v<arrays_of_direction<per_player<adam, sgda>>, arrays_of_adam>);
  static_assert(std::is_same_v<arrays_of_direction<per_player<sgda, adam>>, arrays_of_adam>);
  CHECK(o.name() == "per-player-sgda-adam");
  static_assert(optimizer<per_player<sgda, adam>> && optimizer<per_player<omd, optimistic_adam>>);
  static_assert(facts_of_steps<per_player<sgda, omd>>::looks_ahead && facts_of_steps<per_player<sgda, omd>>::at_h);
  static_assert(facts_of_steps<per_player<omd, sgda>>::looks_ahead && facts_of_steps<per_player<omd, sgda>>::at_h);
  static_assert(!facts_of_steps<per_player<sgda, sgda>>::looks_ahead);
  static_assert(facts_of_steps<per_player<sgda, averaged_omd>>::averages_look_ahead);
}

TEST_CASE("per_player: the maximizing player moves max_steps - 1 times alone, each on a sample of its own, then both do") {
  for (int max_steps : {1, 5}) {
    per_player<sgda, sgda> const o{.min = {0.1}, .max = {0.2}, .max_steps = max_steps};
    CHECK(objection_of(o) == "");
    auto const seen = gradients_of(o, 3);
    REQUIRE(seen.size() == static_cast<std::size_t>(3 * max_steps));
    double x = first_weights.min, y = first_weights.max;
    std::size_t n = 0;
    for (int t = 1; t <= 3; ++t) {
      std::set<int> draws;
      for (int k = 1; k <= max_steps; ++k) {
        taken const& one = seen[n++];
        CHECK(one.step == t);
        CHECK(one.player == (k < max_steps ? 1 : both_players));
        CHECK(one.min == doctest::Approx(x).epsilon(1e-12));
        CHECK(one.max == doctest::Approx(y).epsilon(1e-12));
        draws.insert(one.draw);
        double const g = y;
        y += 0.2 * x;
        if (k == max_steps) x -= 0.1 * g;
      }
      CHECK(draws.size() == static_cast<std::size_t>(max_steps));
    }
  }
}

TEST_CASE("per_player: with two gradients a step each move of the maximizing player is a look-ahead and a step") {
  for (sampling second : {sampling::same, sampling::independent}) {
    extragradient const one{.step_size = 0.1, .second = second};
    auto const seen = gradients_of(per_player<extragradient, extragradient>{.min = one, .max = one, .max_steps = 5}, 1);
    REQUIRE(seen.size() == 10);
    double x = first_weights.min, y = first_weights.max;
    std::set<int> draws;
    for (std::size_t k = 0; k < 10; k += 2) {
      bool const alone = k < 8;
      for (std::size_t i : {k, k + 1}) {
        CHECK(seen[i].player == (alone ? 1 : both_players));
        draws.insert(seen[i].draw);
      }
      CHECK((seen[k].draw == seen[k + 1].draw) == (second == sampling::same));
      CHECK(seen[k].min == doctest::Approx(x).epsilon(1e-12));
      CHECK(seen[k].max == doctest::Approx(y).epsilon(1e-12));
      double const hx = alone ? x : x - 0.1 * y, hy = y + 0.1 * x;  // who does not look ahead stays
      CHECK(seen[k + 1].min == doctest::Approx(hx).epsilon(1e-12));
      CHECK(seen[k + 1].max == doctest::Approx(hy).epsilon(1e-12));
      if (!alone) x -= 0.1 * hy;
      y += 0.1 * hx;
    }
    CHECK(draws.size() == (second == sampling::same ? 5u : 10u));
  }
}

TEST_CASE("per_player: where one looks ahead and the other does not, gradients are taken at h, which is its w there") {
  auto const check = [](auto const& o, bool min_looks_ahead) {
    auto const seen = gradients_of(o, 6);
    REQUIRE(seen.size() == 6);
    double x = first_weights.min, y = first_weights.max, hx = x, hy = y;
    for (std::size_t t = 0; t < 6; ++t) {
      CHECK(seen[t].player == both_players);
      CHECK(seen[t].min == doctest::Approx(hx).epsilon(1e-12));
      CHECK(seen[t].max == doctest::Approx(hy).epsilon(1e-12));
      double const gx = hy, gy = -hx;
      x -= 0.1 * gx;
      y -= 0.2 * gy;
      hx = min_looks_ahead ? x - 0.1 * gx : x;
      hy = min_looks_ahead ? y : y - 0.2 * gy;
    }
  };
  check(per_player<omd, sgda>{{0.1}, {0.2}}, true);
  check(per_player<sgda, omd>{{0.1}, {0.2}}, false);
}

TEST_CASE("per_player: the moments of each player count its own gradients") {
  per_player<adam, adam> const o{.min = {.step_size = 0.05}, .max = {.step_size = 0.02}, .max_steps = 5};
  auto const seen = gradients_of(o, 8);
  REQUIRE(seen.size() == 40);
  textbook_adam min(0.9, 0.999, 1e-8), max(0.9, 0.999, 1e-8);
  double x = first_weights.min, y = first_weights.max;
  for (std::size_t n = 0; n < 40; ++n) {
    CHECK(seen[n].min == doctest::Approx(x).epsilon(1e-9));
    CHECK(seen[n].max == doctest::Approx(y).epsilon(1e-9));
    double const g = y;
    y -= 0.02 * max.ratio(-x);
    if (n % 5 == 4) x -= 0.05 * min.ratio(g);
  }

  per_player<extra_adam, extra_adam> const both{.min = {.step_size = 0.05}, .max = {.step_size = 0.02}, .max_steps = 3};
  auto const twice = gradients_of(both, 8);
  REQUIRE(twice.size() == 48);
  textbook_adam extra_min(0.5, 0.9, 1e-8), extra_max(0.5, 0.9, 1e-8);
  x = first_weights.min;
  y = first_weights.max;
  for (std::size_t n = 0; n < 48; n += 2) {
    CHECK(twice[n].min == doctest::Approx(x).epsilon(1e-9));
    CHECK(twice[n].max == doctest::Approx(y).epsilon(1e-9));
    bool const alone = n % 6 != 4;
    double const hy = y - 0.02 * extra_max.ratio(-x), hx = alone ? x : x - 0.05 * extra_min.ratio(y);
    CHECK(twice[n + 1].min == doctest::Approx(hx).epsilon(1e-9));
    CHECK(twice[n + 1].max == doctest::Approx(hy).epsilon(1e-9));
    y -= 0.02 * extra_max.ratio(-hx);
    if (!alone) x -= 0.05 * extra_min.ratio(hy);
  }
}

TEST_CASE("per_player: the schedules of both players count steps, however often the maximizing one moves") {
  schedule const eta = schedule::linear(1, 10).warmed_up(3);
  for (int max_steps : {1, 2, 5}) {
    auto const seen = gradients_of(per_player<sgda, sgda>{{eta}, {eta}, max_steps}, 12);
    double x = first_weights.min, y = first_weights.max;
    std::size_t n = 0;
    for (int t = 1; t <= 12; ++t)
      for (int k = 1; k <= max_steps; ++k) {
        CHECK(seen[n].min == doctest::Approx(x).epsilon(1e-9));
        CHECK(seen[n++].max == doctest::Approx(y).epsilon(1e-9));
        double const g = y;
        y += eta(t) * x;
        if (k == max_steps) x -= eta(t) * g;
      }
  }

  // The others, by the operations of their moves: both players' of a step, and the maximizing one's alone.
  using together = detail::max_of_pair<whole, true>;
  using alone = detail::max_of_pair<whole, false>;
  auto const check = [&](auto o, auto step_size_of) {
    using one = std::remove_cvref_t<decltype(o)>;
    for (int max_steps : {1, 2, 5}) {
      per_player<one, one> const pair{o, o, max_steps};
      for (std::int64_t t : {1, 2, 3, 7, 40}) {
        of_optimizer<per_player<one, one>> const run{pair};
        for (int k = 0; k + 1 < max_steps; ++k)
          CHECK(step_size_of(direction_of<alone>::at<double>(run, iteration{t, k})) == eta(t));
        CHECK(step_size_of(direction_of<together>::at<double>(run, iteration{t})) == eta(t));
        CHECK(step_size_of(direction_of<detail::min_of_pair<whole>>::at<double>(run, iteration{t})) == eta(t));
      }
    }
  };
  auto const of_operation = [](auto const& operation) { return operation.step; };
  check(sgda{eta}, of_operation);
  check(omd{eta}, of_operation);
  check(extragradient{eta}, of_operation);
  check(adam{.step_size = eta}, of_operation);
  check(extra_adam{.step_size = eta}, of_operation);
  per_player<optimistic_adam, optimistic_adam> o{{.step_size = eta}, {.step_size = eta}, 2};
  of_optimizer<per_player<optimistic_adam, optimistic_adam>> const run{o};
  CHECK(direction_of<together>::at<double>(run, iteration{1}).now == 2 * eta(1));  // its second move, and no longer its first
  CHECK(direction_of<alone>::at<double>(run, iteration{7}).now == 2 * eta(7));
  CHECK(direction_of<together>::at<double>(run, iteration{7}).before == eta(7));
}

TEST_CASE("per_player: pairs that cannot step together are refused with their sentence") {
  CHECK(objection_of(per_player<sgda, adam>{}) == "");
  CHECK(objection_of(per_player<omd, sgda>{}) == "");
  CHECK(objection_of(per_player<extragradient, extra_adam>{.min = {.second = sampling::independent}, .max = {}}) == "");
  CHECK(
      says(objection_of(per_player<sgda, sgda>{.min = {}, .max = {}, .max_steps = 0}), "max_steps must be at least 1"));
  CHECK(objection_of(per_player<sgda, sgda>{.min = {}, .max = {}, .max_steps = -3}) ==
        "per_player: max_steps must be at least 1, and is -3");
  CHECK(objection_of(per_player<sgda, adam>{.min = {.step_size = -1}, .max = {}}) ==
        "per_player: min: sgda: step_size is finite and not negative, and is -1");
  CHECK(objection_of(per_player<sgda, adam>{.min = {}, .max = {.beta2 = 1}}) ==
        "per_player: max: adam: beta2 lies in [0, 1), and is 1");
  CHECK(says(objection_of(per_player<extragradient, extra_adam>{}), "the same samples"));
}

TEST_CASE("optimizers that only add a look-ahead share the kernels of directions, those with directions of their own do not") {
  auto const shared = []<class A, class B>(A const& a, B const& b) {
    return std::is_same_v<decltype(a.template direction<float>(1)), decltype(b.template direction<float>(1))>;
  };
  CHECK(shared(sgda{}, omd{}));
  CHECK(shared(sgda{}, averaged_omd{}));
  CHECK(shared(sgda{}, extragradient{}));
  CHECK(shared(adam{}, extra_adam{}));
  CHECK_FALSE(shared(adam{}, optimistic_adam{}));
  CHECK(shared(per_player<extragradient, extra_adam>{}, per_player<sgda, adam>{}));
}

}  // namespace per_player_tests
