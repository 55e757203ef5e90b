#pragma once
#include "saddle/algorithm/async_server.hpp"
#include "saddle/algorithm/staleness.hpp"
#include "saddle/compressor/global_top_k.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/run/grouping.hpp"

SADDLE_NAMESPACE_BEGIN

/// AdaComp of Hardy, as published: each worker pushes, of a fresh gradient, the max(1, floor(c n)) coordinates of each
/// tensor of n that are largest in magnitude, and drops the others. The server divides the step size of each coordinate
/// by the updates that it has had since that worker's pull.
///
/// Bucket   shapes the message alone: a place takes 2 bytes, and a bucket 4 more
/// differs  from error_feedback_top_k_sgd, which keeps what is not sent for the next push; from adacomp_residual, a
///          compressor of the same name, in everything
/// source   Hardy, Le Merrer, Sericola: Distributed deep learning on edge-devices: feasibility via adaptive
///          compression. NCA 2017; that the rest is dropped is from the first author's code
template <int Bucket = 4096>
auto adacomp_sgd(double c, schedule step_size) {
  using largest = global_top_k<Bucket>;
  return async_settings<largest, staleness::per_parameter>{
      .compressor = {c, kept_count::floor}, .step_size = step_size, .grouping = grouping::per_tensor};
}

SADDLE_NAMESPACE_END
