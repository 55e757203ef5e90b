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

/// A look-ahead without a message: h = (w - e) - direction(g), with the worker's own gradient; w - direction(g + e)
/// where the memory is in units of the gradient. The memory is not touched. A bucket whose gradient, h or state would
/// not be finite keeps h, and is reported.
template <class Scheme, class T, class Rule, int Bucket>
struct adapt_body {
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
      if constexpr (looks_ahead<rule_type, T>) {
        using state = typename rule_type::state;
        constexpr int Items = Bucket / G::lanes;
        bucket_arrays<T> const a = workers[worker].from(b);
        T const lo = context->lo[b.player], hi = context->hi[b.player];
        T gradient[Items];
        load_tile(g, count, a.gradient, gradient);
        if (finds_non_finite<Items>(g, gradient, b, count, non_finite + worker)) return;
        auto const write_h = [&](auto subtract) SADDLE_INLINE_LAMBDA {
          constexpr bool subtracts = decltype(subtract)::value;
          T h[Items];
          sweep<Items>(
              g, count,
              [&](int k, state& s, T base, T e) {
                T own = gradient[k];
                if constexpr (subtracts && Scheme::on_average) own = own + e;
                T const v = advance(rule, own, s);
                if constexpr (subtracts && !Scheme::on_average) base = base - e;
                h[k] = clamped(rule.look_ahead(base, v), lo, hi);
              },
              state_of<state>(a), reads(a.w), reads<subtracts>(a.memory));
          if (!finds_non_finite<Items>(g, h, b, count, non_finite + worker)) store_tile(g, count, h, a.h);
        };
        if constexpr (Scheme::memory) {
          if (context->subtract_memory) write_h(std::true_type{});
          else write_h(std::false_type{});
        } else {
          write_h(std::false_type{});
        }
      }
    });
  }
};

SADDLE_NAMESPACE_END
