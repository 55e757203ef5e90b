#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/apply.hpp"
#include "saddle/step/non_finite.hpp"

SADDLE_NAMESPACE_BEGIN

/// A look-ahead without a message: h = (w - e) - direction(g), with the worker's own gradient. The memory is not touched.
template <class Scheme, class T, class Rule, int Bucket>
struct adapt_body {
  static constexpr int length = Bucket;
  bucket_layout layout;
  step_context<T, Rule> const* context;
  worker_arrays<T> const* workers;
  std::int64_t* const* non_finite;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int worker, bucket const& b, int count) const {
    with_rule(context->rule, b.player, [&](auto const& shared) SADDLE_INLINE_LAMBDA {
      auto const rule = shared;
      using rule_type = std::remove_const_t<decltype(rule)>;
      if constexpr (looks_ahead<rule_type, T>) {
        using state = typename rule_type::state;
        constexpr int Items = Bucket / G::lanes;
        worker_arrays<T> const a = workers[worker].from(b.begin);
        T const lo = context->lo[b.player], hi = context->hi[b.player];
        T gradient[Items];
        for_each_item<Items>(g, count, [&](int k, int i) { gradient[k] = a.gradient[i]; });
        if (finds_non_finite<Items>(g, gradient, b, count, non_finite[worker])) return;
        auto const write_h = [&](auto subtract) SADDLE_INLINE_LAMBDA {
          for_each_item<Items>(g, count, [&](int k, int i) {
            state s = load_state<state>(a, i);
            T const v = rule.direction(gradient[k], s);
            store_state(a, i, s);
            T base = a.w[i];
            if constexpr (decltype(subtract)::value) base = base - a.memory[i];
            a.h[i] = clamped(rule.look_ahead(base, v), lo, hi);
          });
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
