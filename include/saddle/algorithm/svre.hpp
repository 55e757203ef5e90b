#pragma once
#include <utility>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/svrg.hpp"
#include "saddle/estimator/svrg_extragradient.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/topology/accelerated_gossip.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/graph.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// SVRE: both gradients of an extragradient step are variance-reduced. Published for one worker; workers that differ
/// need tracked<...>.
///
/// differs  snapshots are taken at a coin; `optimizer.every` has them at the published period of an epoch
/// source   Chavdarova, Gidel, Fleuret, Lacoste-Julien: Reducing Noise in GAN Training with Variance Reduced
///          Extragradient. NeurIPS 2019
template <optimizer O = extragradient, topology Tp = parameter_server<>>
struct svre {
  variance_reduced<O> optimizer{};
  identity compressor{};
  Tp topology{};
};
/// Extragradient from a snapshot, with one variance-reduced gradient a step: see svrg_extragradient.
/// source  Alacaoglu, Malitsky: Stochastic Variance Reduction for Variational Inequality Methods. COLT 2022
template <topology Tp = parameter_server<>>
struct loopless_svre {
  svrg_extragradient optimizer{};
  identity compressor{};
  Tp topology{};
};

/// MC-SVRE: the same over accelerated gossip with a tracker s of the snapshots' operators: s = FastMix(s + F(u) -
/// F(u_old)), h = b - eta s, w = FastMix(b - eta (s + F(h; xi) - F(u; xi))) with b = (1 - p) w + p u.
///
/// differs  h and the estimate there are a worker's own; as far as we know the paper mixes these two as well
/// source   Luo, Ye: Decentralized Stochastic Variance Reduced Extragradient Method. arXiv 2202.00509, 2022
using mc_svre = loopless_svre<tracked<accelerated_gossip>>;
inline mc_svre mc_svre_over(mixing_graph graph, double spectral_gap, int rounds, svrg_extragradient how = {}) {
  return {.optimizer = how,
          .topology = {{.graph = std::move(graph),
                        .rounds = rounds,
                        .spectral_gap = spectral_gap,
                        .rule = acceleration::fast_mix}}};
}

static_assert(composition<svre<>> && composition<loopless_svre<>> && composition<mc_svre>);

SADDLE_NAMESPACE_END
