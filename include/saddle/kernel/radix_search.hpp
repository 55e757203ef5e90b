#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"

SADDLE_NAMESPACE_BEGIN

// Kernel 1 for a compressor that selects across buckets. p is written once to a plane (the memory's, or one of its own)
// and looked at in rounds: a radix search from the highest bits of the magnitude down, 11 bits a round, the first of
// them while p is written. Then each bucket counts what it sends, a scan gives it its place, and it encodes.

template <class T>
struct radix_search {
  static constexpr int digit = 11, bins = 1 << digit, bits = 8 * sizeof(T) - 1, rounds = (bits + digit - 1) / digit;
  int round = 0;
  bits_of<T> prefix = 0;    // the digits of the threshold found so far
  std::int64_t wanted = 0;  // how many of the keys with that prefix are to go

  SADDLE_HD int shift() const { return bits - digit * (round + 1) > 0 ? bits - digit * (round + 1) : 0; }
  SADDLE_HD int width() const { return bits - digit * round < digit ? bits - digit * round : digit; }
  /// The bin of a key in this round, or -1 if the rounds before have decided about it.
  SADDLE_HD int bin(bits_of<T> key) const {
    int const above = shift() + width();
    if (round > 0 && key >> above != prefix >> above) return -1;
    return static_cast<int>(key >> shift() & ((bits_of<T>{1} << width()) - 1));
  }
  /// After the last round.
  SADDLE_HD selection<T> found() const { return {prefix, wanted}; }
};

/// What a selection keeps in the executor's memory.
template <class T>
struct selecting {
  radix_search<T>* search;
  std::int64_t* totals;  // one a bin, zero between the rounds
};

template <class T>
struct begin_search {
  radix_search<T>* search;
  std::int64_t wanted;
  SADDLE_HD void operator()() const { *search = {0, 0, wanted}; }
};

/// Takes the counts of a round, as a body on one bucket whose coordinates are the bins.
template <class T>
struct advance_body {
  static constexpr int length = radix_search<T>::bins;
  selecting<T> at;
  bucket_layout layout{{length, 0}, length};

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const&, int count) const {
    constexpr int Items = length / G::lanes;
    radix_search<T> now = *at.search;
    std::int64_t total[Items];
    for_each_item<Items>(g, count, [&](int k, int i) { total[k] = at.totals[i]; });
    for_each_item<Items>(g, count, [&](int, int i) { at.totals[i] = 0; });
    auto const from = [&](int bin) {
      return g.template sum<Items>(count, [&](int k) {
        return place<Items, G::lanes>(g.lane(), k) >= bin ? total[k] : std::int64_t{0};
      });
    };
    int low = 0, high = (1 << now.width()) - 1;  // the highest bin from which up there are enough
    while (low < high) {
      int const middle = (low + high + 1) / 2;
      if (from(middle) >= now.wanted) low = middle;
      else high = middle - 1;
    }
    now.wanted -= from(low + 1);
    now.prefix |= static_cast<bits_of<T>>(low) << now.shift();
    ++now.round;
    g.sync();
    if (g.lane() == 0) *at.search = now;
  }
};

/// Counts the keys of a tile into `counters`, which belong to the group's lanes alone.
template <int Items, cooperative_group G, class T, class Counter>
SADDLE_HD void observe(G const& g, radix_search<T> const& search, T const (&p)[Items], int count, Counter counters) {
  for_each_slot<Items, G::lanes>([&](int k) {
    if (place<Items, G::lanes>(g.lane(), k) < count)
      if (int const b = search.bin(magnitude_bits(p[k])); b >= 0) counters(b);
  });
}

/// A further round over p.
template <class T, int Bucket>
struct observe_body {
  static constexpr int length = Bucket, bins = radix_search<T>::bins;
  bucket_layout layout;
  T const* plane;
  radix_search<T> const* search;

  template <cooperative_group G, class Counter>
  SADDLE_HD void operator()(G const& g, bucket const& b, int count, Counter counters) const {
    constexpr int Items = Bucket / G::lanes;
    T p[Items];
    load_tile(g, count, plane + b.begin, p);
    observe(g, *search, p, count, counters);
  }
};

/// How many of a bucket's keys, or of all buckets' before it, lie above the threshold, and how many at it.
struct bucket_tally {
  std::int64_t above, equal;
  SADDLE_HD friend bucket_tally operator+(bucket_tally const& a, bucket_tally const& b) {
    return {a.above + b.above, a.equal + b.equal};
  }
  /// The pairs that go of these keys, if the first `ties` of those at the threshold do.
  SADDLE_HD std::uint32_t pairs(std::int64_t ties) const {
    return static_cast<std::uint32_t>(above + (ties < equal ? ties : equal));
  }
};
template <class T, int Bucket>
struct count_body {
  static constexpr int length = Bucket;
  bucket_layout layout;
  T const* plane;
  radix_search<T> const* search;
  bucket_tally* tallies;  // one a bucket

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    constexpr int Items = Bucket / G::lanes;
    bits_of<T> const limit = search->found().limit;
    T p[Items];
    load_tile(g, count, plane + b.begin, p);
    int const above = g.template count<Items>(count, [&](int k) { return magnitude_bits(p[k]) > limit; });
    int const equal = g.template count<Items>(count, [&](int k) { return magnitude_bits(p[k]) == limit; });
    if (g.lane() == 0) tallies[b.index] = {above, equal};
  }
};

SADDLE_NAMESPACE_END
