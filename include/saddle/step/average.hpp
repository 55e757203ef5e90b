#pragma once
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/group/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// average = keep average + (1 - keep) w, one bucket.
template <class T, int Bucket>
struct average_body {
  static constexpr int length = Bucket;
  bucket_layout layout;
  T* average;
  T const* w;
  T keep;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    T* const to = average + b.begin;
    T const* const from = w + b.begin;
    for_each_item<Bucket / G::lanes>(g, count, [&](int, int i) { to[i] = keep * to[i] + (T(1) - keep) * from[i]; });
  }
};

SADDLE_NAMESPACE_END
