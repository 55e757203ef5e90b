#pragma once
#include <cstdint>
#include <limits>

#include "saddle/algorithm/staleness.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/non_finite.hpp"

SADDLE_NAMESPACE_BEGIN

/// What one push does to the server's weights, one bucket: w_k -= alpha_k g_k, kept inside of the box. A bucket that
/// would not be finite stays where it is, and is reported.
///
/// touched  of each coordinate whether the message has a value for it: decoded with a weight that is no number, these
///          and no others are none
template <class C, class T, class S, int Bucket>
struct apply_push_kernel {
  static constexpr int length = Bucket;
  C decoder;
  bucket_layout layout;
  exchange_facts now;
  bounds<name::x, T> box;
  S rule;
  T step_size[2];                // of each player
  std::uint32_t pushes;          // since the pull
  std::uint32_t const* updates;  // of each coordinate since the pull, if the rule counts these; or null
  message_planes message;
  std::uint32_t sender;
  T* weights;
  std::uint8_t* touched;         // null where `updates` is
  std::int64_t* non_finite;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    constexpr int Items = Bucket / G::lanes;
    T const lo = box.lo[b.player], hi = box.hi[b.player], alpha = step_size[b.player];
    random_stream const random = now.dither(sender, b);
    T v[Items], w[Items];
    for_each_item<Items>(g, count, [&](int k, int) { v[k] = T(0); });
    saddle::add_decoded(decoder, g, message_at<C, T>(message, b), count, random, T(1), v);
    if constexpr (S::counts == staleness::counted::coordinates) {
      sweep<Items>(
          g, count,
          [&](int k, T x, std::uint32_t sigma) { w[k] = clamped(x - rule(alpha, sigma) * v[k], lo, hi); },
          reads(weights + b.begin), reads(updates + b.begin));
    } else {
      T const step = rule(alpha, pushes);
      sweep<Items>(
          g, count, [&](int k, T x) { w[k] = clamped(x - step * v[k], lo, hi); }, reads(weights + b.begin));
    }
    bool const finite = !finds_non_finite<Items>(g, w, b, count, non_finite);
    if (finite) store_tile(g, count, w, weights + b.begin);
    if constexpr (S::counts == staleness::counted::coordinates) {
      for_each_item<Items>(g, count, [&](int k, int) { v[k] = T(0); });
      if (finite)
        add_decoded(decoder, g, message_at<C, T>(message, b), count, random,
                    SADDLE_AS_WRITTEN(std::numeric_limits<T>::quiet_NaN()), v);
      sweep<Items>(g, count, [&](int k, std::uint8_t& t) { t = is_finite(v[k]) ? 0 : 1; }, writes(touched + b.begin));
    }
  }
};

SADDLE_NAMESPACE_END
