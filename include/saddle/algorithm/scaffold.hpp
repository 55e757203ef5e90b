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

/// SCAFFOLD of two players: y -= eta (F_m(y) - c_m + c) for K steps from x, c_m becomes c_m - c + (x - y) / (K eta), c
/// the mean of the c_m and x that of the y.
///
/// K        topology.topology.every
/// c        one array a worker, c - c_m, which moves by (y - mean y) / (K eta): nothing is sent of it
/// differs  all workers take part, and the server's step size is 1. With `sampled` inside, c - c_m of the others stays
///          as it is, where the paper's c moves for all
/// source   Karimireddy, Kale, Mohri, Reddi, Stich, Suresh: SCAFFOLD: Stochastic Controlled Averaging for Federated
///          Learning. ICML 2020
template <optimizer O = sgda>
struct scaffold {
  O optimizer{};
  identity compressor{};
  controlled<local_steps<parameter_server<>>> topology{.topology = {.every = 10}};
};

static_assert(composition<scaffold<>>);

SADDLE_NAMESPACE_END
