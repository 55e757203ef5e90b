#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/step/operation.hpp"
#include "saddle/step/sweep.hpp"

SADDLE_NAMESPACE_BEGIN

/// An operation on one bucket of a row, without a message. A bucket where it would store what is not finite stays as it
/// is, and is reported.
template <class T, class Op, class Local, int Bucket>
struct local_kernel {
  static constexpr int length = Bucket;
  using arrays = arrays_of<Op, Local>;
  bucket_layout layout;
  launch_data<Op> const* now;
  array_row<T> const* rows;
  char const* absent;        // one a row, or null
  char const* skips;         // the same: whether the exchange before this was skipped
  std::int64_t* non_finite;  // one a row

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int m, bucket const& b, int count) const {
    if ((absent != nullptr && has_player(absent[m], b.player)) || (skips != nullptr && skips[m])) return;
    array_row<T> const& r = rows[m];
    places<T, arrays> const at = places_in<arrays>(r, b);
    prefetch_next(count, at);
    detail::decide(now->op, facts_of(r, b), [&](auto const& shared) SADDLE_INLINE_LAMBDA {
      auto const op = shared;
      sweep_operation<Bucket / G::lanes>(g, count, op, at, [&](auto const& bits) SADDLE_INLINE_LAMBDA {
        return !finds_non_finite_bits<T, Bucket / G::lanes>(g, bits, b, count, non_finite + m);
      });
    });
  }
};

SADDLE_NAMESPACE_END
