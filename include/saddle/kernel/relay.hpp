#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/receive.hpp"
#include "saddle/kernel/non_finite.hpp"

SADDLE_NAMESPACE_BEGIN

/// The server, one bucket: average what the workers sent, add its own memory, encode with the downlink's compressor.
/// Always in the order of the workers, so that it does not matter where it runs.
template <class T, class D, class Down, bool Memory, int Bucket>
struct relay_kernel {
  static constexpr int length = Bucket;
  D decoder;
  Down downlink;
  bucket_layout layout;
  exchange_facts const* now;
  incoming<T> const* sources;
  T* memory;  // the server's; null without error feedback
  message_planes message;
  std::int64_t* non_finite;
  std::uint32_t server;  // its number as a stream of random bits: one more than the last worker's

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    if (sources->skips) return;
    constexpr int Items = Bucket / G::lanes;
    T v[Items], p[Items], sent[Items];
    prefetch_next<Down, T>(message, b, count);
    if constexpr (Memory) prefetch_next(count, memory + b.begin);
    combine(g, decoder, *now, sources->of(b.player), b, count, v);
    if constexpr (Memory) sweep<Items>(g, count, [&](int k, T e) { p[k] = v[k] + e; }, reads(memory + b.begin));
    else for_each_item<Items>(g, count, [&](int k, int) { p[k] = v[k]; });
    bool const overflows = finds_non_finite<Items>(g, p, b, count, non_finite);
    if (overflows) for_each_item<Items>(g, count, [&](int k, int) { p[k] = T(0); });
    saddle::encode_tile(downlink, g, p, v, sent, count, now->dither(server, b), message_at<Down, T>(message, b));
    if constexpr (Memory) {
      if (!overflows)
        sweep<Items>(g, count, [&](int k, T& e) { e = p[k] - sent[k]; }, writes(memory + b.begin));
    }
  }
};

SADDLE_NAMESPACE_END
