#pragma once
#include <cstdint>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/random_rings.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// DPOSG: optimistic descent whose workers mix weights with their neighbours, `topology.rounds` times a step (the
/// paper's t).
///
/// step    y = sum of W^t_mj x_j, z = y - eta g with the last gradient, g = F(z), x = y - eta g. A trainer's weights are
///         W^t X, which the next step would begin with; its look-aheads are Z to the bit
/// biased  by O(eta) on workers that differ: rounds take away what the workers disagree by, no more
/// source  Liu, Zhang, Mroueh, Cui, Ross, Yang, Das: A Decentralized Parallel Algorithm for Training Generative
///         Adversarial Nets. NeurIPS 2020
template <optimizer O = omd>
struct dposg {
  O optimizer{};
  identity compressor{};
  gossip topology;
};
/// The same with optimistic Adam's directions.
using dp_oadam = dposg<optimistic_adam>;
/// The same on rings through the workers in an order drawn anew for every round. The paper's matrices are not known to
/// us in detail: these have as many neighbours as its ring.
inline dp_oadam rand_dp_oadam(optimistic_adam optimizer, int workers, std::uint64_t seed) {
  return {.optimizer = optimizer, .topology = {.graph = random_rings(workers, seed)}};
}

/// Its centralized baselines: a server in place of the graph. It is the complete graph's average, of one message up and
/// one down.
template <optimizer O = omd>
struct centralized {
  O optimizer{};
  identity compressor{};
  parameter_server<> topology{};
};
using cp_osg = centralized<omd>;
using cp_oadam = centralized<optimistic_adam>;

static_assert(composition<dposg<>> && composition<dp_oadam> && composition<cp_osg> && composition<cp_oadam>);

SADDLE_NAMESPACE_END
