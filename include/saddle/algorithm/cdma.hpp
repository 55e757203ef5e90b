#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/svrg.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/recentred.hpp"
#include "saddle/topology/sampled.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// CDMA with mini-batches: some workers are drawn, and from the common u each takes K steps
/// w -= eta (F(w; xi) - F(u; xi) + Fbar(u)), Fbar the mean over those who are drawn; the mean of theirs is the next u.
///
/// rounds      K is both the period of the snapshots and the length of a round: of(K, workers_a_round) sets both
/// defaults    K = 20, 8 workers, eta = 0.01: those of the published experiments, of 500 workers
/// Correction  tracked in place of recentred remembers what the others said last: it comes to the solution with a
///             constant step size, though not all are there
/// source      Xie, Zhang, Shen, Liu, Qian: CDMA: A Practical Cross-Device Federated Learning Algorithm for General
///             Minimax Problems. 2021
template <optimizer O = sgda, template <topology> class Correction = recentred,
          batch_of_estimate Batch = all_data>
struct cdma {
  variance_reduced<O, Batch> optimizer{.policy = {0.01}, .refresh = 0, .every = 20};
  identity compressor{};
  Correction<local_steps<sampled<parameter_server<>>>> topology{{{.workers_a_round = 8}, 20}};

  static cdma of(int steps, int workers_a_round) {
    cdma how;
    how.optimizer.every = how.topology.topology.every = steps;
    how.topology.topology.topology.workers_a_round = workers_a_round;
    return how;
  }
};

static_assert(composition<cdma<>>);

SADDLE_NAMESPACE_END
