#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/send.hpp"

SADDLE_NAMESPACE_BEGIN

/// Where what Give would have a compressor encode is not finite. Nothing is stored.
template <class T, class Give, int Bucket>
struct check_kernel {
  static constexpr int length = Bucket;
  bucket_layout layout;
  launch_data<Give> const* now;
  array_row<T> const* rows;
  std::int64_t* non_finite;  // each row's lowest such coordinate

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int m, bucket const& b, int count) const {
    constexpr int Items = Bucket / G::lanes;
    T v[Items], p[Items];
    giving_tile<T, Give, names<>, chain<>, false>::run(g, *now, rows[m], rows[m], b, count, non_finite + m, v, p);
  }
};

SADDLE_NAMESPACE_END
