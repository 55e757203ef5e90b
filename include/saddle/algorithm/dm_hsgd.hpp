#pragma once
#include <utility>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/storm.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/graph.hpp"
#include "saddle/topology/tracked.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// DM-HSGD: hybrid momentum, tracked over gossip. v = F(w; xi) + (1 - beta) (v - F(w_old; xi)), u = W (u + v - v_old),
/// w = W w - eta u, with a step size and a beta for each player.
///
/// first   v is a mean over all data; hybrid_momentum<O, large_batch> takes some samples
/// biased  by nothing but the noise: without it these are the bits of GT-GDA
/// source  Xian, Huang, Zhang, Huang: A Faster Decentralized Algorithm for Nonconvex Minimax Problems. NeurIPS 2021
template <optimizer O = per_player<sgda, sgda>, batch_of_estimate Batch = all_data>
struct dm_hsgd {
  hybrid_momentum<O, Batch> optimizer{.beta = 0.01};
  identity compressor{};
  tracked<gossip> topology;

  static dm_hsgd over(mixing_graph graph) {
    return {.topology = {{.graph = std::move(graph), .order = gossip_order::combine_then_adapt}}};
  }
};

static_assert(composition<dm_hsgd<>>);

SADDLE_NAMESPACE_END
