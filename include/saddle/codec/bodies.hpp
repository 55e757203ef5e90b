#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/kernel/radix_search.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which random bits a message is written with. Two messages with equal keys have equal dither: give every message of
/// a run another one, by the step and by who sends it.
///
/// errors  std::invalid_argument: an exchange of 2^40 or a sender of 2^24 and more
struct dither_key {
  std::uint64_t seed = 0;
  std::uint64_t exchange = 0;
  std::uint32_t sender = 0;

  /// Those of a bucket: what a trainer with this seed takes in this exchange for this worker.
  SADDLE_HD stream of(bucket const& b) const {
    return {seed, purpose::dither, exchange, sender, static_cast<std::uint64_t>(b.index)};
  }
  friend bool operator==(dither_key const&, dither_key const&) = default;
};

/// One bucket of a vector and what it still owes: p = v + e, or v where there is no memory.
template <bool Memory, int Items, cooperative_group G, class T>
SADDLE_HD void load_owed(G const& g, T const* vector, T const* memory, bucket const& b, int count, T (&v)[Items],
                         T (&p)[Items]) {
  sweep<Items>(
      g, count,
      [&](int k, T x, [[maybe_unused]] T e) {
        v[k] = x;
        if constexpr (Memory) p[k] = x + e;
        else p[k] = x;
      },
      reads(vector + b.begin), reads<Memory>(memory + (Memory ? b.begin : 0)));
}

/// Where p is not finite.
template <bool Memory, class T, int Bucket>
struct check_vector_body {
  static constexpr int length = Bucket;
  bucket_layout layout;
  T const *vector, *memory;
  std::int64_t* non_finite;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    T v[Bucket / G::lanes], p[Bucket / G::lanes];
    load_owed<Memory>(g, vector, memory, b, count, v, p);
    finds_non_finite(g, p, b, count, non_finite);
  }
};

/// The message and what stays in the memory.
template <bool Memory, class C, class T, int Bucket>
struct compress_body {
  static constexpr int length = Bucket;
  C compressor;
  bucket_layout layout;
  T const* vector;
  T* memory;
  message_planes message;
  dither_key key;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    constexpr int Items = Bucket / G::lanes;
    T v[Items], p[Items], sent[Items];
    load_owed<Memory>(g, vector, memory, b, count, v, p);
    saddle::encode_tile(compressor, g, p, v, sent, count, key.of(b), message_at<C, T>(message, b));
    if constexpr (Memory)
      sweep<Items>(g, count, [&](int k, T& e) { e = p[k] - sent[k]; }, writes(memory + b.begin));
  }
};

/// For a compressor that selects across buckets: puts p aside, and observes it in the first round.
template <bool Memory, class T, int Bucket>
struct put_aside_body {
  static constexpr int length = Bucket, bins = radix_search<T>::bins;
  bucket_layout layout;
  T const *vector, *memory;
  T* outgoing;
  radix_search<T> const* search;

  template <cooperative_group G, class Counter>
  SADDLE_HD void operator()(G const& g, bucket const& b, int count, Counter counters) const {
    constexpr int Items = Bucket / G::lanes;
    T v[Items], p[Items];
    load_owed<Memory>(g, vector, memory, b, count, v, p);
    store_tile(g, count, p, outgoing + b.begin);
    observe(g, *search, p, count, counters);
  }
};

/// to = decoded, or to += weight * decoded.
template <class C, class T, int Bucket>
struct decompress_body {
  static constexpr int length = Bucket;
  C decoder;
  bucket_layout layout;
  message_planes message;
  dither_key key;
  T weight;
  bool adds;
  T* to;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    constexpr int Items = Bucket / G::lanes;
    T acc[Items];
    if (adds) load_tile(g, count, to + b.begin, acc);
    else for_each_item<Items>(g, count, [&](int k, int) { acc[k] = T(0); });
    saddle::add_decoded(decoder, g, message_at<C, T>(message, b), count, key.of(b), weight, acc);
    store_tile(g, count, acc, to + b.begin);
  }
};

SADDLE_NAMESPACE_END
