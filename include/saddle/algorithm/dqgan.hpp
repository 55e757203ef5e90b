#pragma once
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/omd_adam.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/run/composition.hpp"

SADDLE_NAMESPACE_BEGIN

/// DQGAN: workers send quantized steps to a server, and what a quantizer left out with the next one.
///
/// step      h = (w - e) - eta g with the last own gradient, g = F(h), p = eta g + e, send C(p), e = p - C(p); everyone
///           takes the average of what was sent
/// Adam      dqgan<omd_adam> has Adam's directions in place of eta g in both places. dqgan<optimistic_adam> sends the
///           look-ahead along with the step: its gradients are taken at w, and no memory is subtracted there
/// Downlink  exact as published; error_feedback<C> compresses the answer too, with a memory of the server's
/// Adapts    the paper does not say where its experiments' Adam sits. On the worker (the default) p is in units of w, and
///           a change of the step size needs no rescaling of e; on the average raw gradients are sent (p = g + e), and
///           workers that differ come nearer to the solution
/// biased    by O(eta) on workers that differ, compressed or not, as the look-ahead is along the own gradient;
///           averaged_omd has no such bias for exact messages, and diverges earlier for coarse ones
/// source    Chen, Yang, Shen, Pang: A Distributed Training Algorithm of Generative Adversarial Networks with Quantized
///           Gradients. arXiv 2010.13359, 2020
template <optimizer O = omd, compressor C = qsgd<512, 8>, class Downlink = exact_downlink,
          adapts Adapts = adapts::on_worker>
struct dqgan {
  O optimizer{};
  error_feedback<C> compressor{};
  parameter_server<Downlink, Adapts> topology{};
};

/// Its baseline: full gradients to a server that runs optimistic Adam on their average. cpo_adam<place, omd_adam> differs
/// from dqgan<omd_adam, C, exact_downlink, place> in what is lost and kept of messages, and in nothing else.
template <adapts Adapts = adapts::on_average, optimizer O = optimistic_adam>
struct cpo_adam {
  O optimizer{};
  identity compressor{};
  parameter_server<exact_downlink, Adapts> topology{};
};

/// Its baseline: the same with quantized gradients, whose errors nobody remembers.
template <compressor C = qsgd<512, 8>, adapts Adapts = adapts::on_average, optimizer O = optimistic_adam>
struct cpo_adam_gq {
  O optimizer{};
  C compressor{};
  parameter_server<exact_downlink, Adapts> topology{};
};

static_assert(composition<dqgan<>> && composition<cpo_adam<>> && composition<cpo_adam_gq<>>);

SADDLE_NAMESPACE_END
