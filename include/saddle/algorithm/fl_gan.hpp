#pragma once
#include "saddle/algorithm/local_sgda.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// FL-GAN: every worker trains a GAN of its own, and every so many steps (E epochs of m samples in batches of b:
/// `topology.every` = m E / b) all go on from their average: local SGDA by another optimizer. Adam's moments stay with
/// the worker.
///
/// source  Hardy, Le Merrer, Sericola: MD-GAN: Multi-Discriminator Generative Adversarial Networks for Distributed
///         Datasets. IPDPS 2019, after McMahan et al.: Communication-Efficient Learning of Deep Networks. AISTATS 2017
template <optimizer O = adam>
using fl_gan = local_sgda<O>;

static_assert(composition<fl_gan<>>);

SADDLE_NAMESPACE_END
