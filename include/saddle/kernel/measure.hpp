#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/players.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"
#include "saddle/step/operation.hpp"
#include "saddle/step/sweep.hpp"

SADDLE_NAMESPACE_BEGIN

/// One number a bucket: the sum, in one order for every group, of what the operation leaves as p.
template <class T, class Op, int Bucket>
struct measure_kernel {
  static constexpr int length = Bucket;
  using arrays = arrays_of<Op>;
  bucket_layout layout;
  launch_data<Op> const* now;
  array_row<T> const* rows;
  T* sums;  // one a row and bucket
  std::int64_t buckets;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int m, bucket const& b, int count) const {
    constexpr int Items = Bucket / G::lanes;
    T p[Items];
    detail::decide(now->op, facts_of(rows[m], b), [&](auto const& shared) SADDLE_INLINE_LAMBDA {
      auto const op = shared;
      sweep_operation<Items>(g, count, op, places_in<arrays>(rows[m], b), unchecked{}, detail::leaves<name::p>(p));
    });
    T const all = g.template sum<Items>(count, [&](int k) { return p[k]; });
    if (g.lane() == 0) sums[m * buckets + b.index] = all;
  }
};

/// Adds a row's sums, in the order of the buckets, to a scalar of its worker. A sum that is not finite adds nothing,
/// nor does a worker that is not there. A scalar that does not grow is the sum, whatever it is. With one row for
/// all, the sum is copied to every hosted worker.
template <class T>
struct add_sums {
  T const* sums;
  std::int64_t buckets, first, last;
  int rows, workers, scalars, scalar;  // one row a worker or one for all; scalars a worker; which
  T* to;
  char const* absent;  // null where a row is for all
  int player;
  bool grows;
  SADDLE_HD void operator()() const {
    for (int m = 0; m < rows; ++m) {
      if (absent != nullptr && has_player(absent[m], player)) continue;
      T all = grows ? to[m * scalars + scalar] : T(0);
      for (std::int64_t b = first; b < last; ++b) all += sums[m * buckets + b];
      if (!grows || is_finite(all)) to[m * scalars + scalar] = all;
    }
    for (int m = rows; m < workers; ++m) to[m * scalars + scalar] = to[scalar];
  }
};

/// The sums of each tensor of a player, as a scalar of that tensor.
template <class T>
struct sums_of_tensors {
  bucket_layout layout;
  T const* sums;
  int player, rows, workers, scalars, scalar;
  T* to;
  char const* absent;
  SADDLE_HD void operator()() const {
    for (int t = 0; t < layout.tensors(); ++t) {
      placed_tensor const one = layout.tensor_at(t);
      if (player != both_players && one.player != player) continue;
      bucket_range const part = layout.of(one);
      int const place = scalar_of_tensor(t, scalar);
      for (int m = 0; m < rows; ++m) {
        if (absent != nullptr && has_player(absent[m], one.player)) continue;
        T all = T(0);
        for (std::int64_t b = part.first; b < part.last; ++b) all += sums[m * layout.buckets() + b];
        to[m * scalars + place] = all;
      }
      for (int m = rows; m < workers; ++m) to[m * scalars + place] = to[place];
    }
  }
};

/// An operation on the scalars of each hosted worker that is there.
template <class T, class Op>
struct change_scalars_of_workers {
  launch_data<Op> const* now;
  T* scalars;
  int workers, scalars_each;
  char const* absent;
  SADDLE_HD void operator()() const {
    for (int m = 0; m < workers; ++m)
      if (absent[m] != every_player) now->op(scalars + m * scalars_each);
  }
};

/// `count` scalars of every hosted worker become what it hears of those of all, with the weights of an exchange.
template <class T>
struct combine_scalars {
  incoming<T> const* sources;
  T* all;    // of each worker of the run, from the first that is combined
  T* mixed;  // room for as many
  int workers, first, hosted, targets, scalars, count;
  SADDLE_HD void operator()() const {
    for (int m = 0; m < hosted; ++m) {
      incoming<T> const& in = sources[targets == 1 ? 0 : m];
      for (int k = 0; k < count; ++k) {
        T sum = T(0);
        for (int j = 0; j < in.count; ++j) sum += in.terms[j].weight * all[in.terms[j].sender * scalars + k];
        mixed[(first + m) * scalars + k] = sum;
      }
    }
    for (int m = first; m < first + hosted; ++m)
      for (int k = 0; k < count; ++k) all[m * scalars + k] = mixed[m * scalars + k];
  }
};

SADDLE_NAMESPACE_END
