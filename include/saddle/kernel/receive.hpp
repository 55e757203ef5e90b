#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/step/name.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/step/operation.hpp"
#include "saddle/step/sweep.hpp"

SADDLE_NAMESPACE_BEGIN

/// acc = sum of weight_j decoded_j, one bucket. On the GPU several messages are in flight at a time.
template <class D, class T, int Items, cooperative_group G>
SADDLE_HD void combine(G const& g, D const& decoder, exchange_facts const& now, incoming<T> const& in, bucket const& b,
                       int count, T (&acc)[Items]) {
  for_each_item<Items>(g, count, [&](int k, int) { acc[k] = T(0); });
#ifdef __CUDA_ARCH__
#pragma unroll 4
#endif
  for (int j = 0; j < in.count; ++j) {
    term<T> const& one = in.terms[j];
    message_planes const& message = in.messages[one.sender];
    prefetch_next<D, T>(message, b, count);
    saddle::add_decoded(decoder, g, message_at<D, T>(message, b), count,
                        now.dither(in.first + static_cast<std::uint32_t>(one.sender), b), one.weight, acc);
  }
}

/// Whether the first operation behind an exchange sees one neighbour at a time: across(weight, own, other).
template <class Op>
inline constexpr bool sees_each_neighbour = false;
template <class Op, class... R>
inline constexpr bool sees_each_neighbour<chain<Op, R...>> = requires { requires Op::sees_each_neighbour; };
/// acc = sum of what the edges to those who are heard add, of a worker whose own message is among them.
template <class T, class D, class Op, int Items, cooperative_group G>
SADDLE_HD void combine_edges(G const& g, D const& decoder, exchange_facts const& now, incoming<T> const& in,
                             std::uint32_t worker, Op const& op, bucket const& b, int count, T (&acc)[Items]) {
  auto const decode = [&](std::uint32_t sender, T (&to)[Items]) SADDLE_INLINE_LAMBDA {
    for_each_item<Items>(g, count, [&](int k, int) { to[k] = T(0); });
    saddle::add_decoded(decoder, g, message_at<D, T>(in.messages[sender], b), count, now.dither(in.first + sender, b),
                        T(1), to);
  };
  T own[Items], other[Items];
  decode(worker, own);
  for_each_item<Items>(g, count, [&](int k, int) { acc[k] = T(0); });
  for (int j = 0; j < in.count; ++j) {
    decode(static_cast<std::uint32_t>(in.terms[j].sender), other);
    T const weight = in.terms[j].weight;
    for_each_item<Items>(g, count, [&](int k, int) { acc[k] += op.across(weight, own[k], other[k]); });
  }
}

/// Combines what came for a row, then Op sees it as acc. A bucket where Op would store what is not finite stays as it
/// is, and is reported.
template <class T, class D, class Op, class Local, int Bucket>
struct receive_kernel {
  static constexpr int length = Bucket;
  static constexpr bool by_edges = sees_each_neighbour<Op>;
  using arrays = arrays_of<Op, Local>;
  D decoder;
  bucket_layout layout;
  launch_data<Op> const* now;
  array_row<T> const* rows;
  char const* absent;
  incoming<T> const* sources;  // one a row
  std::int64_t* non_finite;    // the same

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int m, bucket const& b, int count) const {
    if (sources[m].skips || (absent != nullptr && has_player(absent[m], b.player))) return;
    constexpr int Items = Bucket / G::lanes;
    array_row<T> const& r = rows[m];
    places<T, arrays> const at = places_in<arrays>(r, b);
    prefetch_next(count, at);
    T acc[Items];
    if constexpr (!by_edges)
      combine(g, decoder, static_cast<exchange_facts const&>(*now), sources[m].of(b.player), b, count, acc);
    detail::decide(now->op, facts_of(r, b), [&](auto const& shared) SADDLE_INLINE_LAMBDA {
      auto const op = shared;
      if constexpr (by_edges)
        saddle::combine_edges(g, decoder, static_cast<exchange_facts const&>(*now), sources[m], r.sender, op.first, b,
                              count, acc);
      sweep_operation<Items>(
          g, count, op, at,
          [&](auto const& bits) SADDLE_INLINE_LAMBDA {
            return !finds_non_finite_bits<T, Items>(g, bits, b, count, non_finite + m);
          },
          detail::given<name::acc>(acc));
    });
  }
};

/// After an exchange that was skipped: what a worker sent was applied nowhere. Undo sees what that was.
template <class T, class D, class Undo, int Bucket>
struct undo_kernel {
  static constexpr int length = Bucket;
  using arrays = arrays_of<Undo>;
  D decoder;
  bucket_layout layout;
  exchange_facts const* now;
  array_row<T> const* rows;
  char const* absent;
  incoming<T> const* sources;  // the server's
  message_planes const* messages;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int m, bucket const& b, int count) const {
    if (!sources->skips || (absent != nullptr && has_player(absent[m], b.player))) return;
    constexpr int Items = Bucket / G::lanes;
    T sent[Items];
    for_each_item<Items>(g, count, [&](int k, int) { sent[k] = T(0); });
    saddle::add_decoded(decoder, g, message_at<D, T>(messages[m], b), count, now->dither(rows[m].sender, b),
                        T(1), sent);
    detail::decide(Undo(), facts_of(rows[m], b), [&](auto const& op) SADDLE_INLINE_LAMBDA {
      sweep_operation<Items>(g, count, op, places_in<arrays>(rows[m], b), unchecked{},
                             detail::given<name::sent>(sent));
    });
  }
};

/// The public copy of a worker elsewhere, and where its message is read.
template <class T>
struct copy_elsewhere {
  message_planes message;
  T* copy;
  std::uint32_t worker;
  T weight = T(1);
  bool adds = true;  // or writes
};
/// copy += weight * decoded, or copy = that, one bucket: what a worker itself added to its copy, to the bit.
template <class T, class D, int Bucket>
struct absorb_kernel {
  static constexpr int length = Bucket;
  D decoder;
  bucket_layout layout;
  exchange_facts const* now;
  copy_elsewhere<T> const* copies;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int m, bucket const& b, int count) const {
    constexpr int Items = Bucket / G::lanes;
    copy_elsewhere<T> const& one = copies[m];
    T copy[Items];
    T* const at = one.copy + b.begin_in_message();
    if (one.adds) load_tile(g, count, at, copy);
    else for_each_item<Items>(g, count, [&](int k, int) { copy[k] = T(0); });
    saddle::add_decoded(decoder, g, message_at<D, T>(one.message, b), count, now->dither(one.worker, b), one.weight,
                        copy);
    store_tile(g, count, copy, at);
  }
};

SADDLE_NAMESPACE_END
