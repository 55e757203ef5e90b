#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/separate_players.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// Decoupled SGDA: each player lives on a worker of its own, or several, and makes `topology.every` steps against the
/// strategy that the other one sent last; then they send each other where they are.
///
/// weakly coupled  players need about `every` times fewer rounds than with one step a round; strongly coupled ones can
///                 diverge where single steps converge
/// exact           with one worker a player: at a solution none moves alone. Several that differ drift apart between
///                 rounds, as in local_sgda
/// compressor      of how far a player has come since the last round: one that is biased needs error_feedback
/// source          Zindari, Yazdkhasti, Rodomanov, Chavdarova, Stich: Decoupled SGDA for Games with Intermittent
///                 Strategy Communication. ICML 2025
template <optimizer O = sgda, compression C = identity>
struct decoupled_sgda {
  O optimizer{};
  C compressor{};
  local_steps<separate_players<parameter_server<>>> topology{};
};

static_assert(composition<decoupled_sgda<>>);

SADDLE_NAMESPACE_END
