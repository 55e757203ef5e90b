#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/group/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// The public copy of a worker elsewhere, and where its message is read.
template <class T>
struct distant_copy {
  message_planes message;
  T* copy;
  std::uint32_t worker;
};

/// copy += decoded, one bucket: the bits that the worker itself added to its copy.
template <class C, class T, int Bucket>
struct absorb_body {
  static constexpr int length = Bucket;
  C decoder;
  bucket_layout layout;
  step_switches<T> const* context;
  distant_copy<T> const* copies;

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int row, bucket const& b, int count) const {
    constexpr int Items = Bucket / G::lanes;
    T copy[Items];
    T* const at = copies[row].copy + b.begin_in_message();
    load_tile(g, count, at, copy);
    stream const random = dither_stream(*context, copies[row].worker, b);
    saddle::add_decoded(decoder, g, message_at<C, T>(copies[row].message, b), count, random, T(1), copy);
    store_tile(g, count, copy, at);
  }
};

SADDLE_NAMESPACE_END
