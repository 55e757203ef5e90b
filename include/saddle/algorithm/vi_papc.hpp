#pragma once
#include <algorithm>
#include <cmath>
#include <utility>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/forward_reflected.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/primal_dual.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// VI-PAPC: workers agree by duals (y there is our -dual), and reflect g + dual, one gradient and one message a step.
///
/// step    dual += theta / lambda_max (I - W) (w - b (F(w) + dual)); G = F(w) + dual; w -= eta (G + a (G - G_old)).
///         `topology.look` is b / eta, `topology.dual_step` eta theta / lambda_max
/// C       identity is the published method; others go to public copies, with topology.topology.consensus_step
/// source  Kovalev, Beznosikov, Sadiev, Persiianov, Richtarik, Gasnikov: Optimal Algorithms for Decentralized
///         Stochastic Variational Inequalities. NeurIPS 2022
template <compression C = identity>
struct vi_papc {
  forward_reflected optimizer{};
  C compressor{};
  primal_dual<gossip> topology;
};

/// With the step sizes of its theory for F_m that are strongly monotone by mu and Lipschitz by L, over a matrix W whose
/// I - W has eigenvalues between `least` and `largest`, beside 0.
inline vi_papc<> vi_papc_of(double mu, double L, double least, double largest, mixing_graph graph) {
  double const root = std::sqrt(largest / least), b = mu / (L * L);
  double const eta = 1 / (3 * L * root), theta = std::min(1 / (2 * b), L * root / 3);
  return {.optimizer = {eta}, .topology = {{.graph = std::move(graph)}, b / eta, eta * theta / largest}};
}

static_assert(composition<vi_papc<>>);

SADDLE_NAMESPACE_END
