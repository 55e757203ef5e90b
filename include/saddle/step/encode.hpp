#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/outgoing.hpp"

SADDLE_NAMESPACE_BEGIN

/// Kernel 1, one bucket of one worker: direction, what is sent, message, memory. Every array is read and written once.
///
/// Where p is not finite, the bucket sends zeros and keeps its memory.
template <class Scheme, class C, class T, class Rule, int Bucket>
struct encode_body {
  static constexpr int length = Bucket;
  C compressor;
  bucket_layout layout;
  step_switches<T> const* context;
  Rule const* rules;
  worker_arrays<T> const* workers;
  message_planes const* messages;    // where each worker's message is written
  std::int64_t* non_finite;          // each worker's lowest such coordinate
  std::uint32_t first_worker;        // the number of workers[0] in the run

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int worker, bucket const& b, int count) const {
    with_rule(*rules, b.player, [&](auto const& shared) SADDLE_INLINE_LAMBDA {
      auto const rule = shared;
      constexpr int Items = Bucket / G::lanes;
      bucket_arrays<T> const a = workers[worker].from(b);
      T v[Items], p[Items], sent[Items];
      prefetch_next<C, T>(messages[worker], b, count);

      bool const finite = outgoing_tile<Scheme>(g, rule, *context, a, b, count, non_finite + worker, v, p);
      if (!finite) for_each_item<Items>(g, count, [&](int k, int) { p[k] = T(0); });
      stream const random = dither_stream(*context, first_worker + static_cast<std::uint32_t>(worker), b);
      saddle::encode_tile(compressor, g, p, v, sent, count, random, message_at<C, T>(messages[worker], b));
      if (finite) keep<Scheme>(g, count, a, p, sent);
    });
  }
};

SADDLE_NAMESPACE_END
