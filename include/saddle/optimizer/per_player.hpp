#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// One optimizer for each player. Both must take the same number of gradients.
///
/// max_steps  the maximizing player moves this many times a step: max_steps - 1 times alone, each on a sample of its
///            own, then once together with the other
template <optimizer Min, optimizer Max>
struct per_player {
  Min min{};
  Max max{};
  int max_steps = 1;

  template <class T>
  rule_pair<rule_of<Min, T>, rule_of<Max, T>> at(std::int64_t step, int k) const {
    int const each = phases_of(min);
    return {min.template at<T>(step, k % each), max.template at<T>((step - 1) * max_steps + k / each + 1, k % each)};
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
  /// Null, or why this pair cannot step together.
  char const* objection() const {
    if (phases_of(min) != phases_of(max))
      return "per_player: both players' optimizers must take the same number of gradients";
    if (max_steps < 1) return "per_player: max_steps must be at least 1";
    for (int k = 0; k < phases_of(min); ++k) {
      phase const a = phase_of(min, k), b = phase_of(max, k);
      if (a.player != phase::both || b.player != phase::both)
        return "per_player: an alternating optimizer already chooses its player";
      if (a.commits != b.commits || a.exchanges != b.exchanges)
        return "per_player: both players' phases must commit and exchange together";
      if (a.draw != b.draw) return "per_player: both players must take the same samples";
    }
    return nullptr;
  }
  static std::string name() { return "per-player-" + Min::name() + "-" + Max::name(); }
};
template <class Min, class Max>
per_player(Min, Max) -> per_player<Min, Max>;
template <class Min, class Max>
per_player(Min, Max, int) -> per_player<Min, Max>;

SADDLE_NAMESPACE_END
