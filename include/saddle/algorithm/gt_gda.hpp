#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/tracked.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// Gradient tracking over a graph: s = W(s + F(w) - F(w_old)), w = W(w - eta s), from s = F_old = 0. To the optimizer s
/// is the gradient.
///
/// exact   on workers that differ, with a constant eta
/// order   gossip_order::combine_then_adapt has w = W w - eta s
/// bytes   two vectors a step; a compressor sends both as differences to public copies, with a consensus_step
/// source  Qureshi, Khan: Distributed Saddle Point Problems for Strongly Concave-Convex Functions (GT-GDA). 2022
template <optimizer O = sgda, compressor C = identity>
struct gradient_tracking {
  O optimizer{};
  C compressor{};
  tracked<gossip> topology{};
};
using gt_gda = gradient_tracking<sgda>;
/// The look-ahead along the tracker, the step along what it is there: h = w - eta s, w = W(w - eta (s + F(h) - F(w))).
///
/// source  Mukherjee, Chakraborty: A Decentralized Algorithm for Large Scale Min-Max Problems. CDC 2020
using gt_eg = gradient_tracking<extragradient>;
/// With the look-ahead along the last tracker: one gradient a step.
using gt_omd = gradient_tracking<omd>;

static_assert(composition<gt_gda> && composition<gt_eg> && composition<gt_omd>);

SADDLE_NAMESPACE_END
