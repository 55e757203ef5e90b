#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/controlled.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// K-GT: K times w -= eta (F_m(w) + c) on each worker; z = (w_0 - w_K) / (K eta), c += W z - z, w = W w_K.
///
/// K        topology.topology.every
/// c        begins at 0, and stays so in the mean
/// exact    on workers that differ, with a constant eta
/// bytes    two vectors a round
/// differs  the second, global step size of the paper is 1: w_0 - K eta z is w_K
/// source   Liu, Lin, Koloskova, Stich: Decentralized Gradient Tracking with Local Steps. 2023
template <optimizer O = sgda>
struct k_gt {
  O optimizer{};
  identity compressor{};
  controlled<local_steps<gossip>> topology{.topology = {.every = 10}};
};

/// The same of two players, each with its step size: c is in the units of its own.
///
/// source  Ghiasvand, Reisizadeh, Alizadeh, Pedarsani: Robust Decentralized Learning with Local Updates and Gradient
///         Tracking (Dec-FedTrack). 2024
using dec_fedtrack = k_gt<per_player<sgda, sgda>>;

static_assert(composition<k_gt<>> && composition<dec_fedtrack>);

SADDLE_NAMESPACE_END
