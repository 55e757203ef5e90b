#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/same_sample_optimism.hpp"
#include "saddle/optimizer/forward_reflected.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// Diffusion with same-sample optimism: psi = w - eta (2 F(w; xi) - F(w_old; xi)), w = A psi.
///
/// graph   rows that sum to 1 are enough (stochastic::rows; the paper's left-stochastic A is the transpose): all go to
///         the solution in which worker j counts pi_j, pi A = pi
/// biased  by O(eta) on workers that differ
/// source  Cai, Alghunaim, Sayed: Diffusion Stochastic Optimization for Min-Max Problems. arXiv 2401.14585, 2024
struct dss_og {
  same_sample_optimism<sgda> optimizer{};
  identity compressor{};
  gossip topology{};
};

/// Diffusion optimistic learning, its predecessor: the second gradient is that of the step before, of another sample.
struct dol {
  forward_reflected optimizer{};
  identity compressor{};
  gossip topology{};
};

static_assert(composition<dss_og> && composition<dol>);

SADDLE_NAMESPACE_END
