#pragma once
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/estimator/stale_opponent.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// ParaGAN's update rule: generator and discriminator, each by an optimizer of its own, advance at the same time on
/// what the other one was a step ago; data-parallel workers average.
///
/// differs  from the published system, which is one of hardware and input pipelines; this is what it computes
/// source   Shi, Li, You: ParaGAN: A Scalable Distributed Training Framework for Generative Adversarial Networks.
///          SoCC 2024
template <optimizer Generator = adam, optimizer Discriminator = Generator>
struct paragan {
  stale_opponent<per_player<Generator, Discriminator>> optimizer{};
  identity compressor{};
  parameter_server<> topology{};
};

static_assert(composition<paragan<>>);

SADDLE_NAMESPACE_END
