#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// FedGDA-GT: v -= eta (F_m(v) - F_m(u) + mean F(u)) for `topology.topology.every` steps (the paper's K) from u; the
/// mean of the v is the next u.
///
/// exact   on workers that differ, for every K and a constant eta. K = 1 is descent ascent along the mean gradient
/// bytes   two vectors a round
/// source  Sun, Wei: A Communication-efficient Algorithm with Linear Convergence for Federated Minimax Learning.
///         NeurIPS 2022
template <optimizer O = sgda>
struct fedgda_gt {
  O optimizer{};
  identity compressor{};
  tracked<local_steps<parameter_server<>>> topology{.topology = {.every = 20}};
};

static_assert(composition<fedgda_gt<>>);

SADDLE_NAMESPACE_END
