// What an optimizer must state, and what of it only its values tell.
#include "saddle/optimizer/concept.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/alternating.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"

using namespace saddle;

namespace {

/// A complete optimizer around a rule.
template <template <class> class Rule>
struct with_rule_of {
  template <class T>
  Rule<T> at(std::int64_t, int) const {
    return {};
  }
  static int phases() { return 1; }
  static phase at_phase(int) { return {}; }
  static std::string name() { return "with-rule"; }
};

template <class T>
struct complete {
  using state = stateless;
  static constexpr bool writes_ahead = false;
  T direction(T gradient, state&) const { return gradient; }
};
template <class T>
struct silent {
  using state = stateless;
  T direction(T gradient, state&) const { return gradient; }
};
template <class T>
struct silent_ahead : silent<T> {
  static constexpr extrapolation from = extrapolation::local;
  T look_ahead(T w, T past) const { return w - past; }
};
template <class T>
struct from_nowhere : complete<T> {
  T look_ahead(T w, T past) const { return w - past; }
};
template <class T>
struct blind : complete<T> {
  static constexpr bool writes_ahead = true;
};
template <class T>
struct forgetful : complete<T> {
  static constexpr bool writes_ahead = true;
  static constexpr extrapolation from = extrapolation::local;
  T look_ahead(T w, T past) const { return w - past; }
};
template <class T>
struct ahead : forgetful<T> {
  T recall(T gradient, stateless const&) const { return gradient; }
};
template <class T>
struct in_words : complete<T> {
  static constexpr char const* writes_ahead = "no";
};
template <class T>
struct wide_state {
  struct state {
    double m;
  };
  static constexpr bool writes_ahead = false;
  T direction(T gradient, state&) const { return gradient; }
};

/// Wrappers that forget one thing.
struct no_phases {
  extragradient inner;
  template <class T>
  auto at(std::int64_t step, int k) const {
    return inner.at<T>(step, k);
  }
  phase at_phase(int k) const { return inner.at_phase(k); }
  static std::string name() { return "no-phases"; }
};
struct no_at_phase {
  omd inner;
  template <class T>
  auto at(std::int64_t step, int k) const {
    return inner.at<T>(step, k);
  }
  int phases() const { return inner.phases(); }
  static std::string name() { return "no-at-phase"; }
};
struct no_name : sgda {
  static void name() {}
};

/// Any phases around any rule.
template <template <class> class Rule>
struct freely {
  std::vector<phase> all;
  template <class T>
  Rule<T> at(std::int64_t, int) const {
    return {};
  }
  int phases() const { return static_cast<int>(all.size()); }
  phase at_phase(int k) const { return all[static_cast<std::size_t>(k)]; }
  static std::string name() { return "freely"; }
};
template <template <class> class Rule>
std::string objection_of(std::vector<phase> all) {
  return objection_to_phases<float>(freely<Rule>{std::move(all)});
}

}  // namespace

TEST_CASE("optimizer: every member is stated") {
  static_assert(optimizer<with_rule_of<complete>> && optimizer<with_rule_of<ahead>>);
  static_assert(!optimizer<no_phases> && !says_how_many_phases<no_phases>);
  static_assert(!optimizer<no_at_phase> && !says_what_each_phase_is_for<no_at_phase>);
  static_assert(!optimizer<no_name> && !has_a_name<no_name>);
  static_assert(!optimizer<with_rule_of<silent>> && !says_whether_it_writes_ahead<silent<float>>);
  static_assert(!optimizer<with_rule_of<silent_ahead>> && !says_whether_it_writes_ahead<silent_ahead<float>>);
  static_assert(!optimizer<with_rule_of<in_words>> && !says_whether_it_writes_ahead<in_words<float>>);
}

TEST_CASE("optimizer: what a rule states agrees with what it has") {
  static_assert(!optimizer<with_rule_of<from_nowhere>> && !says_what_it_looks_ahead_along<from_nowhere<float>, float>);
  static_assert(!optimizer<with_rule_of<blind>> && !looks_ahead_and_recalls_if_it_writes_ahead<blind<float>, float>);
  static_assert(!optimizer<with_rule_of<forgetful>> &&
                !looks_ahead_and_recalls_if_it_writes_ahead<forgetful<float>, float>);
  static_assert(!optimizer<with_rule_of<wide_state>> && !has_coordinate_state<wide_state<float>, float>);
}

TEST_CASE("optimizer: phases that make no sense are refused with a sentence") {
  CHECK(objection_of<complete>({{}}) == "");
  CHECK(objection_of<complete>({}) == "freely: phases() is at least 1, and is 0");
  CHECK(objection_of<complete>({{.player = 2}}) ==
        "freely: phase 0 is of player 2: it is 0, 1 or both (-1)");
  CHECK(objection_of<complete>({{}, {.player = -2}}) ==
        "freely: phase 1 is of player -2: it is 0, 1 or both (-1)");
  CHECK(objection_of<complete>({{.draw = -1}}) == "freely: phase 0 asks for sample -1: they count from 0");
  CHECK(objection_of<complete>({{.at_h = true}}) ==
        "freely: phase 0 takes its gradient at h, which nothing has written");
  CHECK(objection_of<complete>({{.commits = false, .exchanges = false}, {.at_h = true}}) ==
        "freely: phase 0 does not commit, and its rule has no look_ahead: it would do nothing");
  CHECK(objection_of<ahead>({{.commits = false, .exchanges = false, .at_h = true}}) ==
        "freely: no phase commits, so that w would never move");
  CHECK(objection_of<ahead>({{}}) == "freely: h is written, and no phase takes its gradient there");
  CHECK(objection_of<ahead>({{.at_h = true}}) == "");
  CHECK(objection_of<complete>({{.commits = false}, {.at_h = true}}) == "");  // the look-ahead is the average's
  CHECK(objection_of<complete>({{.commits = false}, {}}) ==
        "freely: h is written, and no phase takes its gradient there");
}

TEST_CASE("optimizer: the phases of all that come with the library are sound") {
  auto const check = [](auto const& o) {
    CHECK(objection_to_phases<float>(o) == "");
    CHECK(objection_to_phases<double>(o) == "");
  };
  check(sgda{});
  check(alternating_sgda{});
  check(omd{});
  check(averaged_omd{});
  check(extragradient{});
  check(averaged_extragradient{});
  check(adam{});
  check(optimistic_adam{});
  check(extra_adam{});
  check(alternating<omd>{});
  check(alternating<adam>{});
  check(per_player<omd, sgda>{});
  check(per_player<sgda, omd>{.min = {}, .max = {}, .max_steps = 3});
  check(per_player<extra_adam, extra_adam>{.min = {}, .max = {}, .max_steps = 2});
}

TEST_CASE("optimizer: all that come with the library can be paced") {
  static_assert(can_be_paced<sgda> && can_be_paced<alternating_sgda> && can_be_paced<alternating<omd>> &&
                can_be_paced<omd> && can_be_paced<averaged_omd> && can_be_paced<extragradient> &&
                can_be_paced<averaged_extragradient> && can_be_paced<adam> && can_be_paced<optimistic_adam> &&
                can_be_paced<extra_adam>);
  struct derived : adam {};  // paced, it would be adam
  static_assert(!can_be_paced<derived>);
}
