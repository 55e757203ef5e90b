#pragma once
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/pairs.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Keeps the K coordinates of each bucket that are largest in magnitude.
///
/// message  min(K, count) pairs in ascending index order: a plane of values, a plane of 16-bit indices
/// payload  min(K, count) (sizeof(T) + 2) bytes a bucket
/// promise  delta = K / Bucket; a value is either sent or kept, to the bit
/// ties     the lower index wins, so every group writes the same message
/// source   Stich, Cordonnier, Jaggi: Sparsified SGD with Memory. NeurIPS 2018
template <int Bucket = 512, int K = 8>
struct top_k {
  static_assert(is_bucket_length(Bucket), "top_k: a bucket has 128, 256, ... or 65,536 coordinates");
  static_assert(1 <= K && K <= Bucket, "top_k keeps at least one coordinate and at most the bucket");
  static constexpr int bucket = Bucket;
  static constexpr double delta = static_cast<double>(K) / Bucket, omega = no_omega;
  static std::string name() { return "top-k<" + std::to_string(Bucket) + "," + std::to_string(K) + ">"; }

  template <class T>
  struct message {
    T* value;
    std::uint16_t* index;
  };
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = K * static_cast<int>(sizeof(T))}, plane{.per_bucket = 2 * K}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return pairs(count) * (static_cast<std::int64_t>(sizeof(T)) + 2);
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const&,
                        message<T> out) const {
    int const wanted = pairs(count);
    auto const key = [&](int k) { return magnitude_bits(p[k]); };
    auto const limit = kth_largest<Items>(g, count, wanted, key);
    for_each_item<Items>(g, count, [&](int k, int) { sent[k] = T(0); });
    compact_largest<Items>(g, count, limit.key, wanted - limit.above, key, [&](int k, int i, int n) {
      out.value[n] = p[k];
      out.index[n] = static_cast<std::uint16_t>(i);
      sent[k] = p[k];
    });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    g.template scatter<Items>(
        pairs(count), [&](int n) { return static_cast<int>(in.index[n]); },
        [&](int n) { return weight * in.value[n]; }, acc);
  }
  template <class T>
  char const* flaw_in(message<T> in, int count) const {
    return flaw_in_pairs(in.value, in.index, pairs(count), count);
  }

 private:
  SADDLE_HD static constexpr int pairs(int count) { return count < K ? count : K; }
};

static_assert(compressor<top_k<>>);

SADDLE_NAMESPACE_END
