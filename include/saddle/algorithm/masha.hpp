#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/random_k.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/masha.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// MASHA1: extragradient around a reference point whose operator all know; differences to it are compressed, without
/// bias, on the way up and down.
///
/// Downlink  as published of the same kind as the uplink; exact_downlink sends the mean as it is
/// tau       of the bytes of a compressed and a dense round: 1 - tau is about what the compressor sends of all
/// O         variance_reduced_masha: VR-MASHA1, exact with noise of samples
/// source    Beznosikov, Richtarik, Diskin, Ryabinin, Gasnikov: Distributed Methods with Compressed Communication for
///           Solving Variational Inequalities, with Theoretical Guarantees. NeurIPS 2022
template <compressor C = random_k<>, class Downlink = C, optimizer O = masha>
struct masha1 {
  O optimizer{};
  C compressor{};
  parameter_server<Downlink> topology{};
};
/// MASHA2: the same with compressors that contract, and error feedback both ways; VR-MASHA2 with the other optimizer.
template <compressor C = top_k<>, optimizer O = masha>
struct masha2 {
  O optimizer{};
  error_feedback<C> compressor{};
  parameter_server<error_feedback<C>> topology{};
};

static_assert(composition<masha1<>> && composition<masha2<>>);

SADDLE_NAMESPACE_END
