#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/centred.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/sampled.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// CDMA: a round draws S workers; on each of them p -= eta (F_m(p) - F_m(u) + mean F(u)) for K steps from the common u,
/// the mean over the S; u is the mean of their p.
///
/// S, K     topology.topology.topology.workers_a_round and topology.topology.every
/// batches  full ones, as written. On samples F_m(u) is of the one with which the round began; the paper's form takes
///          each sample at p and at u, beside a full F_m(u)
/// source   Xie, Zhang, Shen, Liu, Qian: CDMA: A Practical Cross-Device Federated Learning Algorithm for General
///          Minimax Problems. AAAI 2023
template <optimizer O = sgda>
struct cdma {
  O optimizer{};
  identity compressor{};
  centred<local_steps<sampled<parameter_server<>>>> topology{{.topology = {.workers_a_round = 8}, .every = 20}};
};

static_assert(composition<cdma<>>);

SADDLE_NAMESPACE_END
