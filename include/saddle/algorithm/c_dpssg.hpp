#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/svrg.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/primal_dual.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// C-DPSSG: compressed primal-dual descent ascent on variance-reduced gradients. Workers that differ come to the
/// solution exactly, from compressed messages.
///
/// step    u = w - s (g + dual); copy += C(u - copy), which is sent; dual += gamma / (2 s) (I - W) copy;
///         w -= s (g + dual)
/// gamma   `topology.topology.consensus_step`
/// O       c_dpssg<sgda>: its first phase of plain stochastic gradients. It ends there with a test of how far iterates
///         move; here a second run goes on from the weights of the first
/// differs the published shift follows by a part alpha of what an unbiased compressor sends, and alpha = 1 here: for
///         that the compressor contracts (qsgd, top_k, random_k<..., scaling::plain>)
/// source  Sharma, Narayanan, Balamurugan: Decentralized stochastic saddle point problems with compression (C-DPSSG).
///         2022 and CDC 2023
template <optimizer O = variance_reduced<sgda>, compression C = qsgd<512, 8>>
struct c_dpssg {
  O optimizer{};
  C compressor{};
  primal_dual<gossip> topology;
};

static_assert(composition<c_dpssg<>>);

SADDLE_NAMESPACE_END
