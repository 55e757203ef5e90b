#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/adaptive.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// D-AdaST: a = W (a + |g_x|^2), b = W (b + |g_y|^2), then x = W (x - eta g_x / max(a, b)^alpha) and
/// y = W (y - eta g_y / b^beta).
///
/// over    gossip, or tracked<gossip>: there exact while the step sizes stay where they are
/// source  Huang, Li, Shen, He, Xu: Achieving Near-Optimal Convergence for Distributed Minimax Optimization with
///         Adaptive Stepsizes. NeurIPS 2024
template <topology Tp = gossip>
struct d_adast {
  adaptive<> optimizer{.step_size = 0.1};
  identity compressor{};
  Tp topology;
};
/// Its baseline: the same with accumulators that stay with their worker. Workers that differ come to another point.
template <topology Tp = gossip>
struct d_tiada {
  adaptive<accumulators::own> optimizer{.step_size = 0.1};
  identity compressor{};
  Tp topology;
};

static_assert(composition<d_adast<>> && composition<d_tiada<>>);

SADDLE_NAMESPACE_END
