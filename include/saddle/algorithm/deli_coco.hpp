#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// DeLi-CoCo: a gradient step, then `topology.rounds` rounds (the paper's Q) of compressed differences to public
/// copies.
///
/// biased  by O(eta) on workers that differ, and by less the more rounds there are
/// C       a contraction; a tenth of the coordinates, as in its experiments
/// source  Hashemi, Acharya, Das, Vikalo, Sanghavi, Dhillon: On the Benefits of Multiple Gossip Steps in
///         Communication-Constrained Decentralized Optimization. arXiv 2011.10643; of one player
template <compressor C = top_k<512, 51>, optimizer O = sgda>
struct deli_coco {
  O optimizer{};
  C compressor{};
  gossip topology{.rounds = 5, .consensus_step = 0.1};
};

static_assert(composition<deli_coco<>>);

SADDLE_NAMESPACE_END
