#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/svrg.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/sampled.hpp"
#include "saddle/topology/tracked.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// CDMA with mini-batches: some workers are drawn, and from the common u each takes K steps
/// w -= eta (F(w; xi) - F(u; xi) + Fbar(u)); the mean of theirs is the next u.
///
/// rounds   K is both the period of the snapshots and the length of a round: of(K, workers_a_round) sets both
/// differs  Fbar(u) as published is the mean over those who are drawn. Here the tracker keeps what the others said
///          last, so that a constant step size comes to the solution though not all are there. With all workers it is
///          the published iteration
/// source   Xie, Zhang, Shen, Liu, Qian: CDMA: A Practical Cross-Device Federated Learning Algorithm for General Minimax
///          Problems. 2021
template <optimizer O = sgda, batch_of_estimate Batch = all_data>
struct cdma {
  variance_reduced<O, Batch> optimizer{.policy = {0.01}, .refresh = 0, .every = 20};
  identity compressor{};
  tracked<local_steps<sampled<parameter_server<>>>> topology{{{.workers_a_round = 8}, 20}};

  static cdma of(int steps, int workers_a_round) {
    cdma how;
    how.optimizer.every = how.topology.topology.every = steps;
    how.topology.topology.topology.workers_a_round = workers_a_round;
    return how;
  }
};

static_assert(composition<cdma<>>);

SADDLE_NAMESPACE_END
