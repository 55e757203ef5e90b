#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/group/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// What one worker combines: messages and their weights, in ascending order of the senders.
template <class T>
struct incoming {
  message_planes const* const* messages;
  T const* weights;
  int count;
};

/// acc = sum of weight_j decoded_j, one bucket.
template <class D, class T, int Items, cooperative_group G>
SADDLE_HD void combine(G const& g, D const& decoder, incoming<T> const& in, bucket const& b, int count,
                       T (&acc)[Items]) {
  for_each_item<Items>(g, count, [&](int k, int) { acc[k] = T(0); });
  for (int j = 0; j < in.count; ++j) {
    message_planes const& message = *in.messages[j];
    prefetch_next<D, T>(message, b, count);
    decoder.add(g, message_at<D, T>(message, b), count, in.weights[j], acc);
  }
}

SADDLE_NAMESPACE_END
