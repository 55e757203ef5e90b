#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// Local SGDA: `topology.every` simultaneous descent ascent steps on each worker, then both players are averaged.
///
/// biased  with a constant step on workers that differ, the more the longer they are alone
/// source  Deng, Mahdavi: Local Stochastic Gradient Descent Ascent. AISTATS 2021
template <optimizer O = sgda>
struct local_sgda {
  O optimizer{};
  identity compressor{};
  local_steps<parameter_server<>> topology{};
};
/// source  Beznosikov, Samokhin, Gasnikov: Distributed Saddle-Point Problems: Lower Bounds, Optimal Algorithms and
///         Federated GANs. arXiv 2010.13112 (Extra Step Local SGD)
using local_extragradient = local_sgda<extragradient>;

static_assert(composition<local_sgda<>> && composition<local_extragradient>);

SADDLE_NAMESPACE_END
