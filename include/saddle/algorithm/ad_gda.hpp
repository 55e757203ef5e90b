#pragma once
#include "saddle/compressor/qsgd.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/on_simplex.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/exact_max.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// AD-GDA, for distributionally_robust losses without a server: theta goes through public copies (CHOCO), and each
/// worker's lambda, on the simplex, is mixed as it is.
///
/// step        lambda = W lambda; then theta and lambda move by their gradients, lambda onto the simplex, and theta is
///             mixed, with consensus_step gamma. So a trainer's lambda is the paper's before it is mixed
/// step sizes  are of the mean over the workers: the paper's eta_x / M and eta_y / M. Its regularization mu is the
///             problem's
/// biased      by O(eta) on workers that differ
/// source      Zecchin, Kountouris, Gesbert: Communication-Efficient Distributionally Robust Decentralized Learning.
///             TMLR 2022
template <compressor C = qsgd<512, 4, rounding::nearest>>
struct ad_gda {
  on_simplex<per_player<sgda, sgda>> optimizer{.constrained = constrains::max};
  C compressor{};
  exact_max<gossip> topology;
};

static_assert(composition<ad_gda<>>);

SADDLE_NAMESPACE_END
