#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/advance.hpp"
#include "saddle/step/combine.hpp"
#include "saddle/step/non_finite.hpp"
#include "saddle/topology/scheme.hpp"

SADDLE_NAMESPACE_BEGIN

template <class T>
SADDLE_HD T clamped(T x, T lo, T hi) {
  x = x < lo ? lo : x;
  return x > hi ? hi : x;
}

/// The rule as kernel 2 sees it: it writes look-aheads, or takes the direction there.
template <class Scheme, class Rule>
using applying_rule =
    std::conditional_t<writes_ahead<Rule> || Scheme::late || Scheme::on_average, Rule, absent_rule>;

/// Kernel 2, one bucket of the workers that come to one w: combine what came, move w, write the next look-ahead points.
///
/// D decodes what came: the uplink's compressor, the downlink's, or identity over public copies.
///
/// not finite  a direction that is taken here, or the state or w that comes of it: its bucket does not take it; of all
///             else that came, a coordinate of w: it stays. Both are reported. Of h: it is w
template <class Scheme, class D, class T, class Rule, int Bucket>
struct apply_body {
  static constexpr int length = Bucket;
  D decoder;
  bucket_layout layout;
  step_switches<T> const* context;
  Rule const* rules;
  worker_arrays<T> const* workers;
  int sharing;                 // workers[target * sharing] and the next ones come to one w
  incoming<T> const* sources;  // one a target
  std::int64_t* non_finite;    // each target's lowest such coordinate

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int target, bucket const& b, int count) const {
    if (sources[target].skips) return;
    with_rule(*rules, b.player, [&](auto const& shared) SADDLE_INLINE_LAMBDA {
      auto const rule = shared;
      using rule_type = std::remove_const_t<decltype(rule)>;
      using state = typename rule_type::state;
      constexpr int Items = Bucket / G::lanes;
      [[maybe_unused]] constexpr bool averaged = extrapolates<rule_type> == extrapolation::averaged;
      T const lo = context->lo[b.player], hi = context->hi[b.player], gamma = context->consensus_step;
      [[maybe_unused]] T const unit = context->unit[b.player];
      bucket_arrays<T> const a = workers[target * sharing].from(b);
      T* const from = Scheme::anchors ? a.anchor : a.w;

      T acc[Items], w[Items];
      constexpr bool adapts = Scheme::on_average, mixes_copies = Scheme::copies && !Scheme::averages;
      prefetch_next(count, from, Scheme::late ? a.gradient : nullptr, Scheme::previous ? a.copy : nullptr);
      if constexpr (adapts) prefetch_next_state<state>(a, count);
      if constexpr (Scheme::sums) prefetch_next(count, a.sum);
      combine(g, decoder, *context, sources[target], b, count, acc);
      if constexpr (Scheme::sums)
        sweep<Items>(g, count, [&](int k, T& sum) { acc[k] = unit * (sum += acc[k]); }, changes(a.sum));
      [[maybe_unused]] watch<T> seen;
      sweep<Items>(
          g, count,
          [&](int k, T now, T& copy, state& s) {
            T v = acc[k];
            if constexpr (adapts) v = advance(rule, v, s);
            w[k] = Scheme::incoming(v, gamma, now, copy);
            if constexpr (!adapts) seen.look_at(w[k]);
          },
          reads(from), changes<Scheme::previous, mixes_copies || Scheme::previous>(a.copy),
          state_of<state, adapts, adapts>(a));
      [[maybe_unused]] bool taken = true;  // the direction, where it is taken here and finite
      if constexpr (adapts) {
        taken = !finds_non_finite<Items>(g, w, b, count, non_finite + target);
        if (!taken) load_tile(g, count, from, w);
      } else {
        if (!seen.all_finite()) undo_non_finite(g, w, from, b, count, non_finite + target);
      }
      if constexpr (Scheme::late) {
        if (context->last) {
          T late[Items];  // the gradient, then w with its direction
          load_tile(g, count, a.gradient, late);
          taken = !finds_non_finite<Items>(g, late, b, count, non_finite + target);
          if (taken) {
            sweep<Items>(
                g, count, [&](int k, state& s) { late[k] = w[k] - advance(rule, late[k], s); }, state_of<state>(a));
            taken = !finds_non_finite<Items>(g, late, b, count, non_finite + target);
          }
          if (taken) for_each_item<Items>(g, count, [&](int k, int) { w[k] = late[k]; });
        }
      }
      if (!Scheme::previous || context->last)  // between rounds that build on each other w may lie outside
        for_each_item<Items>(g, count, [&](int k, int) { w[k] = clamped(w[k], lo, hi); });
      if (context->commits) {
        store_tile(g, count, w, from);
        if constexpr (Scheme::anchors)
          for (int m = 0; m < sharing; ++m) store_tile(g, count, w, workers[target * sharing + m].from(b).w);
      }

      if constexpr (writes_ahead<Rule>) {
        if (context->last && context->commits) {
          for (int m = 0; m < sharing; ++m) {
            bucket_arrays<T> const own = workers[target * sharing + m].from(b);
            prefetch_next(count, own.h, averaged ? nullptr : own.gradient, Scheme::memory ? own.memory : nullptr);
            if constexpr (!averaged) prefetch_next_state<state>(own, count);
            if ((Scheme::late || adapts) && !taken) {  // nothing to look ahead along
              store_tile(g, count, w, own.h);
              continue;
            }
            // A switch inside the loop over the coordinates would keep it from vectorizing: one loop for each setting.
            auto const write_h = [&](auto subtract) SADDLE_INLINE_LAMBDA {
              constexpr bool subtracts = decltype(subtract)::value, ahead = writes_ahead<rule_type>;
              sweep<Items>(
                  g, count,
                  [&](int k, T& h, T e, T gradient, state const& s) {
                    T base = w[k], past = averaged ? acc[k] : gradient;
                    if constexpr (subtracts && adapts) past = past + e;
                    if constexpr (subtracts && !adapts) base = base - e;
                    if constexpr (!ahead) h = w[k];  // only the other player looks ahead
                    else if constexpr (averaged && !adapts)
                      h = finite_or(clamped(rule.look_ahead(base, past), lo, hi), w[k]);
                    else h = finite_or(clamped(rule.look_ahead(base, rule.recall(past, s)), lo, hi), w[k]);
                  },
                  writes(own.h), reads<subtracts>(own.memory), reads<ahead && !averaged>(own.gradient),
                  state_of<state, false, ahead && (!averaged || adapts)>(own));
            };
            if constexpr (Scheme::memory) {
              if (context->subtract_memory) write_h(std::true_type{});
              else write_h(std::false_type{});
            } else {
              write_h(std::false_type{});
            }
          }
        }
      }
      if (!context->commits)  // the look-ahead of a method that averages it
        for (int m = 0; m < sharing; ++m) {
          bucket_arrays<T> const own = workers[target * sharing + m].from(b);
          store_tile(g, count, w, own.h);
        }
    });
  }
};

SADDLE_NAMESPACE_END
