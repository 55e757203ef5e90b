#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// Adam with decoupled weight decay: w <- w - eta (r + decay w), r the ratio of the corrected moments. The moments see
/// nothing of the decay.
///
/// decay    of both players; in units of the step size, as in other libraries
/// source   Loshchilov, Hutter: Decoupled Weight Decay Regularization. ICLR 2019
struct adamw {
  schedule step_size = 1e-3;
  double decay = 1e-2;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

  template <class T>
  struct along_ratio_and_weights {
    using values = uses<in<name::g>, in<name::x>, inout<name::m1>, inout<name::m2>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T step, decay;
    adam_ratio<T> ratio;
    SADDLE_HD void operator()(T g, T x, T& m1, T& m2, T& v) const {
      ratio.advance(m1, m2, g);
      v = step * (ratio.of(m1, m2) + decay * x);
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_ratio_and_weights<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(decay), adam_ratio_after<T>(step, beta1, beta2, epsilon)};
  }
  adamw paced(int n) const { return {step_size.paced(n), decay, beta1, beta2, epsilon}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const {
    return first_objection({objection_to_adam(name(), step_size, beta1, beta2, epsilon),
                            objection_unless_finite("adamw: decay", decay)});
  }
  static std::string name() { return "adamw"; }
};

static_assert(optimizer<adamw>);

SADDLE_NAMESPACE_END
