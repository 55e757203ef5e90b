#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/pairs.hpp"
#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"

SADDLE_NAMESPACE_BEGIN

/// What becomes of a share of d coordinates that is not a whole number.
enum class kept_count { ceil, floor };

/// Keeps the coordinates of the whole vector that are largest in magnitude: exactly ceil(fraction d) of d, or floor,
/// but one at least; with the fraction as it was written: 0.07 keeps 7 of 100. Where tensors are kept apart it does so
/// in each.
///
/// message  start: where each bucket's pairs begin, and after the last where they end; a plane of values, a plane of
///          16-bit indices inside the bucket, both packed over the buckets in ascending index order
/// payload  4 (buckets + 1) + kept(d) (sizeof(T) + 2) bytes; a kept(d) for each tensor kept apart
/// promise  delta = kept(d) / d, which is the fraction at least where it is rounded up; a value is either sent or kept,
///          to the bit
/// ties     the lower index wins, over buckets and players
/// source   Stich, Cordonnier, Jaggi: Sparsified SGD with Memory. NeurIPS 2018. In each tensor: Hardy, Le Merrer,
///          Sericola: Distributed deep learning on edge-devices: feasibility via adaptive compression. NCA 2017
template <int Bucket = 512>
struct global_top_k {
  static_assert(is_bucket_length(Bucket), "global_top_k: a bucket has 128, 256, ... or 65,536 coordinates");
  double fraction = 0.01;
  kept_count counts = kept_count::ceil;

  static constexpr int bucket = Bucket;
  static constexpr double delta = 1e-9, omega = no_omega;  // delta is a field: `fraction`
  static std::string name() { return "global-top-k<" + std::to_string(Bucket) + ">"; }

  /// Of n coordinates; all of them at most, one at least.
  std::int64_t kept(std::int64_t n) const {
    // Two roundings, of the fraction and of the product, must not make 8 of 0.07 * 100, nor 28 of 0.29 * 100.
    double const share = fraction * static_cast<double>(n), slack = 2 * std::numeric_limits<double>::epsilon();
    auto const wanted = static_cast<std::int64_t>(counts == kept_count::ceil ? std::ceil(share * (1 - slack))
                                                                             : std::floor(share * (1 + slack)));
    return wanted < 1 ? (n < 1 ? n : 1) : wanted < n ? wanted : n;
  }
  /// What is wrong with the fields, or empty.
  std::string objection() const {
    return objection_unless(fraction > 0 && fraction <= 1, "global_top_k: fraction", "lies in (0, 1]", fraction);
  }

  template <class T>
  struct message {
    std::uint32_t* start;
    T* value;
    std::uint16_t* index;
  };
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = 4, .tail = 4}, plane{.per_pair = sizeof(T)},
                                     plane{.per_pair = 2}};
  template <class T>
  static constexpr std::int64_t payload(int) {
    return 4;
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode_selected(G const& g, T const (&p)[Items], T (&sent)[Items], int count, selection<T> which,
                                 std::int64_t ties_before, message<T> out) const {
    std::int64_t const ties = which.ties - ties_before;
    for_each_item<Items>(g, count, [&](int k, int) { sent[k] = T(0); });
    std::uint32_t const start = out.start[0];
    compact_largest<Items>(
        g, count, which.limit, static_cast<int>(ties < 0 ? 0 : ties > count ? count : ties),
        [&](int k) { return magnitude_bits(p[k]); },
        [&](int k, int i, int n) {
          out.value[start + static_cast<std::uint32_t>(n)] = p[k];
          out.index[start + static_cast<std::uint32_t>(n)] = static_cast<std::uint16_t>(i);
          sent[k] = p[k];
        });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int, T weight, T (&acc)[Items]) const {
    std::uint32_t const start = in.start[0];
    g.template scatter<Items>(
        static_cast<int>(in.start[1] - start),
        [&](int n) { return static_cast<int>(in.index[start + static_cast<std::uint32_t>(n)]); },
        [&](int n) { return weight * in.value[start + static_cast<std::uint32_t>(n)]; }, acc);
  }
  template <class T>
  char const* flaw_in(message<T> in, int count, selected_bucket which) const {
    std::int64_t const begin = in.start[0], end = in.start[1];
    if (which.first && begin != which.begin) return "the pairs do not begin with the first bucket";
    if (which.last && end != which.end) return "the pairs do not end with the last bucket";
    if (begin > end || end > which.end) return "the pairs of the buckets do not follow one another";
    return flaw_in_pairs(in.value + begin, in.index + begin, end - begin, count);
  }
};

static_assert(compressor<global_top_k<>>);

SADDLE_NAMESPACE_END
