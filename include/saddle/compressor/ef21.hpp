#pragma once
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Sends how a direction has changed: the server takes a worker's to be eta c, and C(v / eta - c) corrects c. All step
/// along eta G, G the average of the c: it grows by the average of what is sent.
///
/// Where gradients settle, however they differ from worker to worker, the c reach them, and nothing is lost to
/// compression: with error_feedback the weights circle around the solution. c and G begin at zero: the first step is
/// along C(v). On a server only.
/// eta      the step size of the step, optimizer.step_size_at(step, player): directions shrink with a schedule that
///          falls, and never settle; in units of it they do. Where the optimizer adapts on the average v is a gradient,
///          and eta is 1. In a step whose eta is 0 nothing is sent and nothing moves
/// skipped  what was sent is taken back: c, G and w stay
/// arrays   two a worker, for c must stay exact while what is sent goes to zero, and G, one a process
/// source   Richtarik, Sokolov, Fatkhullin: EF21. NeurIPS 2021
template <compressor C>
struct ef21 {
  static_assert(contracts<C>,
                "ef21 needs a contraction: round to nearest (qsgd<..., rounding::nearest>) or use a smaller bucket");
  using wrapped = C;
  static constexpr feedback keeps = feedback::difference;
  C compressor{};

  static std::string name() { return "ef21-" + C::name(); }
};
template <class C>
ef21(C) -> ef21<C>;

SADDLE_NAMESPACE_END
