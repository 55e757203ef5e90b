#pragma once
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/group/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// average = keep average + (1 - keep) w, one bucket.
template <class T, int Bucket>
struct average_body {
  static constexpr int length = Bucket;
  bucket_layout layout;
  step_switches<T> const* context;
  T* average;
  T const* w;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int, bucket const& b, int count) const {
    T const keep = context->keep;
    sweep<Bucket / G::lanes>(
        g, count, [&](int, T& mean, T x) { mean = keep * mean + (T(1) - keep) * x; }, changes(average + b.begin),
        reads(w + b.begin));
  }
};

SADDLE_NAMESPACE_END
