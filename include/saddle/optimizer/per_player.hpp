#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// One optimizer for each player. Both must take the same number of gradients.
///
/// max_steps  the maximizing player moves this many times a step: max_steps - 1 times alone, each on a sample of its
///            own, then once together with the other
/// schedules  of both players count steps: all moves of one step have one step size. Moments count moves
template <optimizer Min, optimizer Max>
struct per_player {
  static_assert(can_be_paced<Max>,
                "per_player: the maximizing player's optimizer needs paced(n): itself, with schedules that advance "
                "once in n of its steps");
  Min min{};
  Max max{};
  int max_steps = 1;

  template <class T>
  rule_pair<rule_of<Min, T>, rule_of<Max, T>> at(std::int64_t step, int k) const {
    int const each = phases_of(min);
    std::int64_t const move = (step - 1) * max_steps + k / each + 1;
    return {min.template at<T>(step, k % each), max.paced(max_steps).template at<T>(move, k % each)};
  }
  int phases() const { return phases_of(min) * max_steps; }
  phase at_phase(int k) const {
    int const each = phases_of(min), turn = k / each;
    phase const a = phase_of(min, k % each), b = phase_of(max, k % each);
    return {.player = turn + 1 < max_steps ? 1 : phase::both,
            .commits = a.commits,
            .exchanges = a.exchanges,
            .at_h = a.at_h || b.at_h,
            .draw = turn * each + b.draw};
  }
  double step_size_at(std::int64_t step, int player) const
    requires(says_its_step_size<Min> && says_its_step_size<Max>)
  {
    return player == 0 ? min.step_size_at(step, 0) : max.step_size_at(step, 1);
  }
  /// Empty, or why this pair cannot step together.
  std::string objection() const {
    if (phases_of(min) != phases_of(max))
      return "per_player: both players' optimizers must take the same number of gradients";
    if (std::string const why = first_objection(
            {objection_unless(max_steps >= 1, "per_player: max_steps", "must be at least 1", max_steps),
             in_its_place("min", objection_to(min)), in_its_place("max", objection_to(max))});
        !why.empty())
      return why;
    for (int k = 0; k < phases_of(min); ++k) {
      phase const a = phase_of(min, k), b = phase_of(max, k);
      if (a.player != phase::both || b.player != phase::both)
        return "per_player: an alternating optimizer already chooses its player";
      if (a.commits != b.commits || a.exchanges != b.exchanges)
        return "per_player: both players' phases must commit and exchange together";
      if (a.draw != b.draw) return "per_player: both players must take the same samples";
    }
    return {};
  }
  static std::string name() { return "per-player-" + Min::name() + "-" + Max::name(); }

 private:
  static std::string in_its_place(char const* field, std::string const& why) {
    return why.empty() ? why : std::string("per_player: ") + field + ": " + why;
  }
};
template <class Min, class Max>
per_player(Min, Max) -> per_player<Min, Max>;
template <class Min, class Max>
per_player(Min, Max, int) -> per_player<Min, Max>;

SADDLE_NAMESPACE_END
