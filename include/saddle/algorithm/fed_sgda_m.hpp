#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/storm.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/averaged_estimates.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// FedSGDA-M: local descent ascent along momentum that is corrected by a sample at two points,
/// v = F(w; xi) + (1 - beta) (v - F(w_old; xi)). Every so many steps both w and v become the mean over the workers, and
/// the mean of w moves along that of v.
///
/// biased  by what beta forgets of the common v within a round: as the step size; at beta = 0 by nothing
/// source  Wu, Sun, Hu, Zhang, Huang: Solving a Class of Non-Convex Minimax Optimization in Federated Learning. NeurIPS
///         2023
template <optimizer O = per_player<sgda, sgda>, batch_of_estimate Batch = all_data>
struct fed_sgda_m {
  hybrid_momentum<O, Batch> optimizer{};
  identity compressor{};
  averaged_estimates<local_steps<parameter_server<>>> topology{};
};

static_assert(composition<fed_sgda_m<>>);

SADDLE_NAMESPACE_END
