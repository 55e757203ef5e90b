#pragma once
#include <type_traits>

#include "saddle/algorithm/async_server.hpp"
#include "saddle/algorithm/staleness.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/global_top_k.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/run/grouping.hpp"

SADDLE_NAMESPACE_BEGIN

/// What becomes of the coordinates that AdaComp does not send: a worker owes them, or they are gone.
enum class unsent { accumulated, dropped };

/// AdaComp of Hardy: each worker pushes the share c of every tensor that is largest in magnitude, and the server
/// divides the step size of each coordinate by the updates that it has had since that worker's pull.
///
/// Bucket   shapes the message alone: a place takes 2 bytes, and a bucket 4 more
/// unsent   the paper does not say, as far as is known here; dropped, what is never among the largest is never learnt
/// differs  from adacomp_residual, a compressor of the same name, in everything
/// source   Hardy, Le Merrer, Sericola: Distributed deep learning on edge-devices: feasibility via adaptive
///          compression. NCA 2017
template <unsent Unsent = unsent::accumulated, int Bucket = 4096>
auto adacomp_sgd(double c, schedule step_size) {
  using largest = global_top_k<Bucket>;
  using sent = std::conditional_t<Unsent == unsent::accumulated, error_feedback<largest>, largest>;
  return async_settings<sent, staleness::per_parameter>{
      .compressor = {largest{c}}, .step_size = step_size, .grouping = grouping::per_tensor};
}

SADDLE_NAMESPACE_END
