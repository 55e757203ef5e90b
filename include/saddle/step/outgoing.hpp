#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/step/non_finite.hpp"

SADDLE_NAMESPACE_BEGIN

/// The first half of kernel 1, one bucket of one worker: direction, state, and p, the compressor's input.
///
/// A gradient that is not finite is reported, its bucket's direction is not taken and its state stays. Returns whether p
/// is finite; if it is not, that is reported.
template <class Scheme, int Items, cooperative_group G, class T, class Rule>
SADDLE_HD bool outgoing_tile(G const& g, Rule const& rule, step_switches<T> const& context, worker_arrays<T> const& a,
                             bucket const& b, int count, std::int64_t* lowest, T (&p)[Items], T (&held)[Items]) {
  using state = typename Rule::state;
  prefetch_next(count, Scheme::late ? nullptr : a.gradient, a.memory, a.copy, Scheme::shares_weights ? nullptr : a.w);
  if constexpr (!Scheme::late) prefetch_next_state<state>(a, count);
  bool moves = !Scheme::late && context.moves;
  if (moves) {
    T gradient[Items];
    for_each_item<Items>(g, count, [&](int k, int i) { gradient[k] = a.gradient[i]; });
    moves = !finds_non_finite<Items>(g, gradient, b, count, lowest);
    if (moves)
      for_each_item<Items>(g, count, [&](int k, int i) {
        state s = load_state<state>(a, i);
        T const v = rule.direction(gradient[k], s);
        store_state(a, i, s);
        p[k] = Scheme::outgoing(a, i, v, held[k]);
      });
  }
  if (!moves) for_each_item<Items>(g, count, [&](int k, int i) { p[k] = Scheme::outgoing(a, i, T(0), held[k]); });
  return !finds_non_finite<Items>(g, p, b, count, lowest);
}

SADDLE_NAMESPACE_END
