#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/exact_diffusion.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// D^2, exact diffusion: w = W(2 w - w_old - eta (F(w) - F_old)); the first step is W(w - eta F(w)).
///
/// graph   one symmetric matrix whose eigenvalues are above -1/3: lazy(graph), whose (I + W) / 2 is exact diffusion's
/// exact   on workers that differ, at the bytes of plain gossip, up to a drift of rounding: see exact_diffusion
/// source  of one player: Tang, Lian, Yan, Zhang, Liu: D^2: Decentralized Training over Decentralized Data. ICML 2018;
///         Yuan, Ying, Zhao, Sayed: Exact Diffusion for Distributed Optimization and Learning. 2019
template <optimizer O = sgda>
struct d2 {
  O optimizer{};
  identity compressor{};
  exact_diffusion<gossip> topology{};
};

static_assert(composition<d2<>>);

SADDLE_NAMESPACE_END
