#pragma once
#include "saddle/algorithm/local_sgda.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/alternating_players.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// FL-GAN: every worker trains a GAN of its own, discriminator first, then the generator against the new discriminator;
/// and every so many steps (E epochs of m samples in batches of b: `topology.every` = m E / b) all go on from their
/// average. Adam's moments stay with the worker.
///
/// alone   one worker that averages with nobody, `every` beyond the run, is the ordinary GAN: its weights are those of
///         an MD-GAN with one worker and k = L = 1, to the bit
/// round   the discriminators are averaged before the generators' last step of a round, which answers to their average
/// cost    both players' gradients are taken on the same sample, each from the sample alone: a step generates its batch
///         twice, where a loop that keeps the batch would do it once
/// source  Hardy, Le Merrer, Sericola: MD-GAN: Multi-Discriminator Generative Adversarial Networks for Distributed
///         Datasets. IPDPS 2019, after McMahan et al.: Communication-Efficient Learning of Deep Networks. AISTATS 2017
template <optimizer Generator = adam, optimizer Discriminator = Generator>
using fl_gan = local_sgda<alternating_players<Generator, Discriminator, first_mover::max>>;

static_assert(composition<fl_gan<>>);

SADDLE_NAMESPACE_END
