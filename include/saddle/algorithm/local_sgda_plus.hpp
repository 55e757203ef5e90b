#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/snapshot_ascent.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// Local SGDA+: `topology.every` (the paper's tau) steps on each worker between two rounds, in which y ascends at a
/// snapshot of x that is renewed every `optimizer.every` steps (its S, here a multiple of tau).
///
/// source  Deng, Mahdavi: Local Stochastic Gradient Descent Ascent. AISTATS 2021
template <optimizer O = sgda>
struct local_sgda_plus {
  snapshot_ascent<O> optimizer{};
  identity compressor{};
  local_steps<parameter_server<>> topology{};
};

static_assert(composition<local_sgda_plus<>>);

SADDLE_NAMESPACE_END
