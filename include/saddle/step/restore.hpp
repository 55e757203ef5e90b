#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/step/combine.hpp"

SADDLE_NAMESPACE_BEGIN

/// After a skipped apply: what a worker sent was applied nowhere, so it is owed again. One bucket.
template <class Scheme, class C, class T, int Bucket>
struct restore_body {
  static constexpr int length = Bucket;
  C decoder;
  bucket_layout layout;
  step_switches<T> const* context;
  incoming<T> const* sources;  // the server's
  worker_arrays<T> const* workers;
  message_planes const* messages;
  std::uint32_t first_worker;  // the number of workers[0] in the run

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int worker, bucket const& b, int count) const {
    if (!sources->skips) return;
    constexpr int Items = Bucket / G::lanes;
    bucket_arrays<T> const a = workers[worker].from(b);
    T sent[Items];
    for_each_item<Items>(g, count, [&](int k, int) { sent[k] = T(0); });
    stream const random = dither_stream(*context, first_worker + static_cast<std::uint32_t>(worker), b);
    saddle::add_decoded(decoder, g, message_at<C, T>(messages[worker], b), count, random, T(1), sent);
    using copy_type = typename Scheme::template copy<T>;
    sweep<Items>(
        g, count, [&](int k, T& e, copy_type& c, T w, T anchor) { Scheme::restore(sent[k], e, c, w, anchor); },
        changes<Scheme::memory, Scheme::memory>(a.memory),
        in_planes<copy_type, Scheme::copies, Scheme::copies>(a.copy, a.plane), reads<Scheme::anchors>(a.w),
        reads<Scheme::anchors>(a.anchor));
  }
};

SADDLE_NAMESPACE_END
