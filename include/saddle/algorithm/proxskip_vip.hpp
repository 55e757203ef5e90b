#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/controlled.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// ProxSkip-VIP: w^ = w - gamma (F_m(w) - h). Where a coin of probability p says so, w is the mean of all
/// w^ - (gamma / p) h, which is that of the w^, and h += (p / gamma) (w - w^); elsewhere w = w^.
///
/// p       topology.topology.probability; the theory's is sqrt(gamma mu)
/// h       is -c of `controlled`; 0 in the mean
/// exact   on workers that differ, with a constant gamma
/// source  Zhang, Choudhury, Stich, Loizou: Communication-Efficient Gradient Descent-Ascent Methods for Distributed
///         Variational Inequalities: Unified Analysis and Local Updates. arXiv 2306.05100, 2023
template <optimizer O = sgda>
struct proxskip_vip {
  O optimizer{};
  identity compressor{};
  controlled<local_steps<parameter_server<>>> topology{.topology = {.probability = 0.2}};
};

static_assert(composition<proxskip_vip<>>);

SADDLE_NAMESPACE_END
