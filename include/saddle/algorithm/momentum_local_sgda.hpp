#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/momentum.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// Momentum Local SGDA: `topology.every` steps with momentum on each worker, then w and the momenta are averaged.
///
/// scale    see momentum: the paper's d begins with a whole gradient, m here with nothing
/// source   Sharma, Panda, Joshi, Varshney: Federated Minimax Optimization: Improved Convergence Analyses and
///          Algorithms. ICML 2022
struct momentum_local_sgda {
  momentum<momenta::exchanged> optimizer{};
  identity compressor{};
  local_steps<parameter_server<>> topology{};
};

static_assert(composition<momentum_local_sgda>);

SADDLE_NAMESPACE_END
