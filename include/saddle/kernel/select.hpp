#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/receive.hpp"
#include "saddle/kernel/send.hpp"
#include "saddle/step/name.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/kernel/radix_search.hpp"
#include "saddle/step/sweep.hpp"

SADDLE_NAMESPACE_BEGIN

// A message of a compressor that selects across buckets, in three parts: p goes to an array, is looked at in rounds of
// a radix search, and then each bucket encodes what it sends. See global_selection.

/// Writes p of one worker, and observes it in the first round.
template <class T, class Give, class Local, class Otherwise, int Bucket>
struct put_aside_kernel {
  static constexpr int length = Bucket, bins = radix_search<T>::bins;
  using giving = giving_tile<T, Give, Local, Otherwise, false>;
  bucket_layout layout;
  launch_data<Give> const* now;
  array_row<T> const *rows, *otherwise;
  int m;
  char const* absent;
  T* outgoing;
  std::int64_t* non_finite;
  radix_search<T> const* search;

  template <cooperative_group G, class Counter>
  SADDLE_HD void operator()(G const& g, bucket const& b, int count, Counter counters) const {
    constexpr int Items = Bucket / G::lanes;
    T v[Items], p[Items];
    for_each_item<Items>(g, count, [&](int k, int) { p[k] = T(0); });
    if (absent == nullptr || !has_player(absent[m], b.player))
      giving::run(g, *now, rows[m], otherwise[m], b, count, non_finite + m, v, p);
    store_tile(g, count, p, outgoing + b.begin);
    observe(g, *search, p, count, counters);
  }
};

/// The server's p: the average of what came and what it still owes.
template <bool Memory, class D, class T, int Bucket>
struct put_average_aside_kernel {
  static constexpr int length = Bucket, bins = radix_search<T>::bins;
  D decoder;
  bucket_layout layout;
  exchange_facts const* now;
  incoming<T> const* sources;
  T const* memory;
  T* outgoing;
  std::int64_t* non_finite;
  radix_search<T> const* search;

  template <cooperative_group G, class Counter>
  SADDLE_HD void operator()(G const& g, bucket const& b, int count, Counter counters) const {
    constexpr int Items = Bucket / G::lanes;
    if (sources->skips) return;
    T p[Items];
    combine(g, decoder, *now, sources->of(b.player), b, count, p);
    if constexpr (Memory) sweep<Items>(g, count, [&](int k, T e) { p[k] += e; }, reads(memory + b.begin));
    if (finds_non_finite<Items>(g, p, b, count, non_finite)) {
      if constexpr (Memory) sweep<Items>(g, count, [&](int k, T e) { p[k] = e; }, reads(memory + b.begin));
      else for_each_item<Items>(g, count, [&](int k, int) { p[k] = T(0); });
    }
    store_tile(g, count, p, outgoing + b.begin);
    observe(g, *search, p, count, counters);
  }
};

/// Writes the pairs of one bucket and where they begin; Keep sees p and what was sent.
template <class T, class C, class Keep, int Bucket>
struct select_kernel {
  static constexpr int length = Bucket;
  using kept_arrays = arrays_of<Keep>;
  C compressor;
  bucket_layout layout;
  bool const* skips;  // the server's, which does not encode in a skipped step; null for a worker
  array_row<T> const* kept;
  char const* absent;  // of this worker; or null
  T const* outgoing;
  radix_search<T> const* search;
  bucket_tally const *tallies, *before;  // of each bucket, and of those before it
  std::int64_t last;                     // one past the last bucket that is selected from
  std::uint32_t pairs_before;            // in the message, of what was selected from earlier buckets
  message_planes message;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    if (skips != nullptr && *skips) return;
    constexpr int Items = Bucket / G::lanes;
    selection<T> const which = search->found();
    bucket_tally const earlier = before[b.index];
    typename C::template message<T> const out = message_at<C, T>(message, b);
    if (g.lane() == 0) {
      out.start[0] = pairs_before + earlier.pairs(which.ties);
      if (b.index + 1 == last) out.start[1] = pairs_before + (earlier + tallies[b.index]).pairs(which.ties);
    }
    g.sync();
    T p[Items], sent[Items];
    load_tile(g, count, outgoing + b.begin, p);
    compressor.encode_selected(g, p, sent, count, which, earlier.equal, out);
    if (absent == nullptr || !has_player(*absent, b.player))
      sweep_operation<Items>(g, count, Keep(), places_in<kept_arrays>(*kept, b), unchecked{}, detail::given<name::p>(p),
                             detail::given<name::sent>(sent));
  }
};

SADDLE_NAMESPACE_END
