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
#include "saddle/step/apply.hpp"
#include "saddle/step/non_finite.hpp"

SADDLE_NAMESPACE_BEGIN

/// A worker's move without a message, one bucket: w -= direction, and the next look-ahead point. A bucket whose
/// gradient, new w or new state would not be finite stays where it is, and is reported.
template <class T, class Rule, int Bucket>
struct step_alone_body {
  static constexpr int length = Bucket;
  bucket_layout layout;
  step_context<T, Rule> const* context;
  worker_arrays<T> const* workers;
  std::int64_t* non_finite;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int worker, bucket const& b, int count) const {
    with_rule(context->rule, b.player, [&](auto const& shared) SADDLE_INLINE_LAMBDA {
      auto const rule = shared;
      using rule_type = std::remove_const_t<decltype(rule)>;
      using state = typename rule_type::state;
      constexpr int Items = Bucket / G::lanes;
      bucket_arrays<T> const a = workers[worker].from(b);
      T const lo = context->lo[b.player], hi = context->hi[b.player];
      prefetch_next(count, a.gradient, a.w);
      prefetch_next_state<state>(a, count);
      T v[Items], w[Items];
      load_tile(g, count, a.gradient, v);
      if (finds_non_finite<Items>(g, v, b, count, non_finite + worker)) return;
      sweep<Items>(
          g, count,
          [&](int k, T now, state& s) {
            v[k] = advance(rule, v[k], s);
            w[k] = clamped(now - v[k], lo, hi);
          },
          reads(a.w), state_of<state>(a));
      if (finds_non_finite<Items>(g, w, b, count, non_finite + worker)) return;
      store_tile(g, count, w, a.w);
      if constexpr (writes_ahead<rule_type>)
        sweep<Items>(
            g, count, [&](int k, T& h) { h = finite_or(clamped(rule.look_ahead(w[k], v[k]), lo, hi), w[k]); },
            writes(a.h));
      else if constexpr (writes_ahead<Rule>)  // only the other player looks ahead
        store_tile(g, count, w, a.h);
    });
  }
};

SADDLE_NAMESPACE_END
