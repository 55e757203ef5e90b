#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/checkpointed.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/on_simplex.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/sampled.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// DRFA with uniform draws, for distributionally_robust losses: `topology.every` local steps on a few workers, then the
/// server averages w, and moves lambda along the losses at a random checkpoint.
///
/// step sizes  lambda's is the paper's tau gamma
/// floor       lambda >= floor
/// differs     the paper draws workers by lambda, and others uniformly for their losses. Here one uniform draw serves
///             both: gradients are weighted by M lambda_m instead, which is the same in expectation for one local step,
///             with more noise where lambda is uneven, and drifts otherwise over several. lambda follows the losses at
///             the checkpoint of the round before, which the workers of this round have not trained
/// source      Deng, Kamani, Mahdavi: Distributionally Robust Federated Averaging. NeurIPS 2020
template <optimizer O = sgda>
struct drfa {
  on_simplex<checkpointed<O, sgda>> optimizer{.constrained = constrains::max, .floor = 1e-3};
  identity compressor{};
  local_steps<sampled<parameter_server<>>> topology{};
};

static_assert(composition<drfa<>>);

SADDLE_NAMESPACE_END
