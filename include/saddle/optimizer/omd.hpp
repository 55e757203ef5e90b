#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// Optimistic mirror descent, the single-call past extragradient:
///   h_t = w_{t-1} - eta g_{t-1},  g_t = F(h_t),  w_t = w_{t-1} - eta g_t.
///
/// The gradient is not taken at the weights: a problem is asked for it at h, a trainer's look_ahead(m), and a loss that
/// it computes on the way is the loss there. w, a trainer's weights(m), is what to evaluate and to keep.
///
/// state    none: when w has moved, the gradient is still in its buffer, and h is written from it
/// start    h_1 = w_0, so that w_1 = w_0 - eta g_1 is a plain step. That of h is a double one, h_2 = w_0 - 2 eta g_1,
///          as in h_{t+1} = h_t - 2 eta g_t + eta g_{t-1}, which is the same method in other variables
/// schedule h is written in the step before it is used: h_t = w_{t-1} - eta_{t-1} g_{t-1}
/// promise  converges on the bilinear game iff eta sigma < 1 / sqrt 3
/// source   Popov 1980; Daskalakis, Ilyas, Syrgkanis, Zeng: Training GANs with Optimism. ICLR 2018
template <extrapolation From>
struct basic_omd {
  schedule step_size = 1e-3;

  template <class Who>
  using steps = std::conditional_t<
      From == extrapolation::local, step_list<estimate<name::h, Who>, descend<Who>, look_ahead<Who>>,
      step_list<estimate<name::h, Who>, descend_and_keep<Who>, look_ahead<Who, name::moved>>>;
  using estimator = one_gradient;
  template <class T>
  along_gradient<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
  template <class T>
  ahead_along_gradient<T> ahead(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
  basic_omd paced(int n) const { return {step_size.paced(n)}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return step_size.objection(name() + ": step_size"); }
  static std::string name() { return From == extrapolation::local ? "omd" : "averaged-omd"; }
};

using omd = basic_omd<extrapolation::local>;
/// Looks ahead along the average that was just exchanged: no bias on workers with different data.
using averaged_omd = basic_omd<extrapolation::averaged>;

static_assert(optimizer<omd> && optimizer<averaged_omd>);

SADDLE_NAMESPACE_END
