#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/advance.hpp"
#include "saddle/step/non_finite.hpp"

SADDLE_NAMESPACE_BEGIN

/// The rule as kernel 1 sees it, where the direction is not taken later.
template <class Scheme, class Rule>
using encoding_rule = std::conditional_t<Scheme::late || Scheme::on_average, absent_rule, stepping_rule<Rule>>;

/// The first half of kernel 1, one bucket of one worker: the direction v, state, and p, the compressor's input. A
/// scheme that adapts on the average takes the gradient as it is.
///
/// A gradient that is not finite is reported, its bucket's direction is not taken and its state stays; p is what it
/// would be without one. Where the direction makes p or the state of a coordinate not finite it is reported too, that
/// coordinate's state and w stay, and of the bucket p is what it would be without a direction. Returns whether p is
/// finite; if it is not, that is reported.
template <class Scheme, int Items, cooperative_group G, class T, class Rule>
SADDLE_HD bool outgoing_tile(G const& g, Rule const& rule, step_switches<T> const& context, bucket_arrays<T> const& a,
                             bucket const& b, int count, std::int64_t* lowest, T (&v)[Items], T (&p)[Items]) {
  using state = typename Rule::state;
  prefetch_next(count, Scheme::late ? nullptr : a.gradient, a.memory, a.anchor, Scheme::shares_weights ? nullptr : a.w);
  if constexpr (Scheme::copies) prefetch_next_planes<typename Scheme::template copy<T>>(a.copy, a.plane, count);
  constexpr bool adapts = !Scheme::late && !Scheme::on_average;
  if constexpr (adapts) prefetch_next_state<state>(a, count);
  auto const memory = reads<Scheme::memory>(a.memory);
  using copy_type = typename Scheme::template copy<T>;
  auto const copy = in_planes<copy_type, false, Scheme::copies>(a.copy, a.plane);
  auto const anchor = reads<Scheme::anchors>(a.anchor);
  T const per_unit = context.per_unit[b.player];
  if (!Scheme::late && context.moves) {
    T gradient[Items];
    load_tile(g, count, a.gradient, gradient);
    if (!finds_non_finite<Items>(g, gradient, b, count, lowest)) {
      sweep<Items>(
          g, count,
          [&](int k, state& s, T& w, T e, copy_type c, T from) {
            v[k] = gradient[k];
            if constexpr (adapts) v[k] = advance(rule, v[k], s);
            p[k] = Scheme::outgoing(v[k], w, e, c, from, per_unit);
            if constexpr (Scheme::steps) w = finite_or(w - v[k], w);
          },
          state_of<state, adapts, adapts>(a), changes<Scheme::steps, !Scheme::shares_weights>(a.w), memory, copy,
          anchor);
      if (!finds_non_finite<Items>(g, p, b, count, lowest)) return true;
    }
  }
  sweep<Items>(
      g, count,
      [&](int k, T w, T e, copy_type c, T from) {
        v[k] = T(0);
        p[k] = Scheme::outgoing(v[k], w, e, c, from, per_unit);
      },
      reads<!Scheme::shares_weights>(a.w), memory, copy, anchor);
  return !finds_non_finite<Items>(g, p, b, count, lowest);
}

/// The last: what the scheme keeps, after encoding.
template <class Scheme, int Items, cooperative_group G, class T>
SADDLE_HD void keep(G const& g, int count, bucket_arrays<T> const& a, T const (&p)[Items], T const (&sent)[Items]) {
  using copy_type = typename Scheme::template copy<T>;
  sweep<Items>(
      g, count, [&](int k, T& e, copy_type& c) { Scheme::keep(p[k], sent[k], e, c); }, writes<Scheme::memory>(a.memory),
      in_planes<copy_type, Scheme::copies, Scheme::copies>(a.copy, a.plane));
}

SADDLE_NAMESPACE_END
