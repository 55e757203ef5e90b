#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/group/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// One term of a combination: the message of a sender, times a weight.
template <class T>
struct term {
  int sender;
  T weight;
};
/// What one worker combines: terms over a table of messages, in ascending order of the senders. Nothing, if one of the
/// senders reported a coordinate that is not finite.
template <class T>
struct incoming {
  message_planes const* messages;
  term<T> const* terms;
  int count;
  std::uint32_t first = 0;  // whose random bits messages[0] was written with: worker 0's, or the server's
  bool skips = false;
};

/// acc = sum of weight_j decoded_j, one bucket.
template <class D, class T, int Items, cooperative_group G>
SADDLE_HD void combine(G const& g, D const& decoder, step_switches<T> const& now, incoming<T> const& in,
                       bucket const& b, int count, T (&acc)[Items]) {
  for_each_item<Items>(g, count, [&](int k, int) { acc[k] = T(0); });
  for (int j = 0; j < in.count; ++j) {
    term<T> const& one = in.terms[j];
    message_planes const& message = in.messages[one.sender];
    prefetch_next<D, T>(message, b, count);
    stream const random = dither_stream(now, in.first + static_cast<std::uint32_t>(one.sender), b);
    saddle::add_decoded(decoder, g, message_at<D, T>(message, b), count, random, one.weight, acc);
  }
}

/// Each row's array becomes what it hears, one bucket.
template <class D, class T, int Bucket>
struct combine_body {
  static constexpr int length = Bucket;
  D decoder;
  bucket_layout layout;
  step_switches<T> const* context;
  incoming<T> const* sources;  // one a row
  T* const* arrays;            // the same

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int row, bucket const& b, int count) const {
    T acc[Bucket / G::lanes];
    combine(g, decoder, *context, sources[row], b, count, acc);
    store_tile(g, count, acc, arrays[row] + b.begin);
  }
};

SADDLE_NAMESPACE_END
