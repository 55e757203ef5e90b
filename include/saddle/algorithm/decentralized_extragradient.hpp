#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/topology/accelerated_gossip.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// Decentralized local extragradient: z' = z - gamma F(z), z'' = z - gamma F(z'), and where a round ends z = W z'', W
/// fixed, drawn anew or the product of `rounds` matrices.
///
/// samples  two, independent
/// biased   by O(gamma) on workers that differ, more the longer a round is
/// source   Beznosikov, Dvurechensky, Koloskova, Samokhin, Stich, Gasnikov: Decentralized Local Stochastic
///          Extra-Gradient for Variational Inequalities. NeurIPS 2022
struct decentralized_local_extragradient {
  extragradient optimizer{.second = sampling::independent};
  identity compressor{};
  local_steps<gossip> topology{};
};

/// Decentralized extra step: both halves are mixed, z' = W(z - gamma F(z)) and z = W(z - gamma F(z')), W of many
/// accelerated rounds. decentralized_extra_step<gossip> mixes by plain ones.
///
/// biased  by O(gamma) on workers that differ, and by less the more rounds there are
/// source  Beznosikov, Samokhin, Gasnikov: Distributed Saddle-Point Problems: Lower Bounds, Optimal Algorithms and
///         Federated GANs. arXiv 2010.13112
template <topology Tp = accelerated_gossip>
struct decentralized_extra_step {
  averaged_extragradient optimizer{.second = sampling::independent};
  identity compressor{};
  Tp topology{};
};

static_assert(composition<decentralized_local_extragradient> && composition<decentralized_extra_step<>>);

SADDLE_NAMESPACE_END
