#pragma once
#include "saddle/algorithm/async_server.hpp"
#include "saddle/algorithm/staleness.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/global_top_k.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/run/grouping.hpp"

SADDLE_NAMESPACE_BEGIN

/// AdaComp's messages and AdaComp's server, but what is not sent is kept: each worker adds to its gradient what it has
/// not sent so far, and pushes the max(1, floor(c n)) coordinates of each tensor of n that are largest in the sum.
///
/// differs  from adacomp_sgd, the published system, which drops the rest. What was published of that one is no figure
///          of this one
/// source   the memory: Seide, Fu, Droppo, Li, Yu: 1-bit stochastic gradient descent. Interspeech 2014; Stich,
///          Cordonnier, Jaggi: Sparsified SGD with Memory. NeurIPS 2018. The server: see adacomp_sgd
template <int Bucket = 4096>
auto error_feedback_top_k_sgd(double c, schedule step_size) {
  using largest = global_top_k<Bucket>;
  return async_settings<error_feedback<largest>, staleness::per_parameter>{
      .compressor = {largest{c, kept_count::floor}}, .step_size = step_size, .grouping = grouping::per_tensor};
}

SADDLE_NAMESPACE_END
