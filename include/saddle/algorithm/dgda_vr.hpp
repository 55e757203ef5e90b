#pragma once
#include <utility>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/page.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/graph.hpp"
#include "saddle/topology/tracked.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// DGDA-VR: SPIDER's estimates, tracked over gossip. v is a mean over all data every `optimizer.every` steps, about the
/// root of their number, and else v + F(w; xi) - F(w_old; xi); d = W (d + v - v_old), w = W w - eta d.
///
/// source  Zhang, Mancino-Ball, Aybat, Xu: Jointly Improving the Sample and Communication Complexities in Decentralized
///         Stochastic Minimax Optimization. AAAI 2024
template <optimizer O = per_player<sgda, sgda>, batch_of_estimate Batch = all_data>
struct dgda_vr {
  recursive<O, Batch> optimizer{.refresh = 0, .every = 16};
  identity compressor{};
  tracked<gossip> topology;

  static dgda_vr over(mixing_graph graph) {
    return {.topology = {{.graph = std::move(graph), .order = gossip_order::combine_then_adapt}}};
  }
};

static_assert(composition<dgda_vr<>>);

SADDLE_NAMESPACE_END
