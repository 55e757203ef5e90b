#pragma once
#include <type_traits>
#include <utility>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/page.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/accelerated_gossip.hpp"
#include "saddle/topology/graph.hpp"
#include "saddle/topology/tracked.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// DREAM: recursive estimates with two coins, tracked over accelerated gossip. With probability `refresh` v is the mean
/// of a large batch; else, with probability q = `correction`, v += (F(w; xi) - F(w_old; xi)) / q; else v stays.
/// u = FastMix(u + v - v_old), w = FastMix(w - eta u).
///
/// Batch     large_batch as published, or all_data: exact
/// rounds    of FastMix in each exchange. The demo's 2 are too few for it on many graphs, and are refused there:
///           acceleration::chebyshev does with any number
/// defaults  those of the published demo; its large batch of 128 is two samples of 64
/// source    Chen, Ye, Luo: An Efficient Stochastic Algorithm for Decentralized Nonconvex-Strongly-Concave Minimax
///           Optimization. AISTATS 2024
template <optimizer O = per_player<sgda, sgda>, batch_of_estimate Batch = large_batch>
struct dream {
  recursive<O, Batch> optimizer{.policy = step_sizes(), .refresh = 0.5, .correction = 0.5, .batch = begins()};
  identity compressor{};
  tracked<accelerated_gossip> topology;

  static dream over(mixing_graph graph, double spectral_gap, int rounds) {
    return {.topology = {{.graph = std::move(graph),
                          .rounds = rounds,
                          .spectral_gap = spectral_gap,
                          .rule = acceleration::fast_mix}}};
  }

 private:
  static O step_sizes() {
    if constexpr (std::is_same_v<O, per_player<sgda, sgda>>) return {{0.1}, {1}};
    else return {};
  }
  static Batch begins() {
    if constexpr (std::is_same_v<Batch, large_batch>) return {2};
    else return {};
  }
};

static_assert(composition<dream<>>);

SADDLE_NAMESPACE_END
