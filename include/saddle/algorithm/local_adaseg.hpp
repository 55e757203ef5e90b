#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/adaptive_extragradient.hpp"
#include "saddle/run/composition.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"

SADDLE_NAMESPACE_BEGIN

/// LocalAdaSEG: `topology.every` extragradient steps on each worker, whose step size adapts to what it alone has seen,
/// then a mean in which a worker counts by the inverse of its step size. No constant of the problem is needed.
///
/// scalars  one a worker and round beside the message
/// average  what the paper bounds is the average of the points where second gradients are taken. Of weights that is
///          settings::average
/// differs  as in local_steps, a box does not hold of a worker's last step before a round by itself
/// source   Liao, Shen, Duan, Kolar, Tao: Local AdaGrad-Type Algorithm for Stochastic Convex-Concave Optimization.
///          Machine Learning 2022
template <compression C = identity>
struct local_adaseg {
  adaptive_extragradient optimizer{};
  C compressor{};
  local_steps<weighted_server<>> topology{.every = 5};
};

static_assert(composition<local_adaseg<>>);

SADDLE_NAMESPACE_END
