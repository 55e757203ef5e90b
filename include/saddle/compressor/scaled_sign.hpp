#pragma once
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// One bit a coordinate and the mean magnitude of the bucket: C(p) = (|p|_1 / count) sign(p), sign(0) = +1.
///
/// message  scale: one T a bucket; positive: one bit a coordinate in blocks of 128
/// payload  sizeof(T) + ceil(count / 8) bytes a bucket
/// promise  delta = |p|_1^2 / (count |p|^2), at worst (one coordinate alone) 1 / Bucket
/// source   Karimireddy, Rebjock, Stich, Jaggi: Error Feedback Fixes SignSGD. ICML 2019
template <int Bucket = 512>
struct scaled_sign {
  static_assert(is_bucket_length(Bucket), "scaled_sign: a bucket has 128, 256, ... or 65,536 coordinates");
  static constexpr int bucket = Bucket;
  static constexpr double delta = 1.0 / Bucket, omega = no_omega;
  static std::string name() { return "scaled-sign<" + std::to_string(Bucket) + ">"; }

  template <class T>
  struct message {
    T* scale;
    std::uint32_t* positive;
  };
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = sizeof(T)}, plane{.bits_per_coordinate = 1}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return static_cast<std::int64_t>(sizeof(T)) + (count + 7) / 8;
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const&,
                        message<T> out) const {
    // Divided by the bucket first, a power of two: the sum of huge magnitudes does not overflow.
    T const share = T(1) / T(Bucket);
    T const mean = g.template sum<Items>(count, [&](int k) { return magnitude(p[k]) * share; });
    T const scale = saturated(mean * (T(Bucket) / static_cast<T>(count)));
    if (g.lane() == 0) *out.scale = scale;
    g.template store_bits<Items>(count, out.positive, [&](int k) { return p[k] >= 0; });
    for_each_item<Items>(g, count, [&](int k, int) { sent[k] = p[k] >= 0 ? scale : -scale; });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    T const step = weight * *in.scale;
    g.template load_bits<Items>(count, in.positive, [&](int k, std::uint32_t bit) { acc[k] += bit ? step : -step; });
  }
  template <class T>
  char const* flaw_in(message<T> in, int) const {
    return *in.scale >= 0 && is_finite(*in.scale) ? nullptr : "the scale is negative or not finite";
  }
};

static_assert(compressor<scaled_sign<>>);

SADDLE_NAMESPACE_END
