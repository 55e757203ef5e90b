#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/push_sum.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// Stochastic gradient push, of games: descent ascent whose workers push shares of themselves over a directed graph
/// that may change, and divide by the weight that came along. A trainer's weights are the quotients, where gradients
/// are taken.
///
/// biased  by O(eta) on workers that differ, around the solution of their uniform mean
/// source  Assran, Loizou, Ballas, Rabbat: Stochastic Gradient Push for Distributed Deep Learning. ICML 2019, after
///         Nedic, Olshevsky: Distributed Optimization over Time-Varying Directed Graphs (subgradient push). 2015
template <optimizer O = sgda>
struct stochastic_gradient_push {
  O optimizer{};
  identity compressor{};
  push_sum topology;
};

static_assert(composition<stochastic_gradient_push<>>);

SADDLE_NAMESPACE_END
