#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct past : optimizer_state { static constexpr char const* text = "past"; };  // the estimate of the step before
}  // namespace name

/// Forward-reflected-backward: w <- w - eta (g + reflection (g - g_old)), g = F(w). Gradients are taken at the weights.
///
/// reflection  of 1: optimistic descent in the variable of its look-aheads, w here is `omd`'s h. 0: sgda
/// start       the first step is a plain one
/// source      Malitsky, Tam: A Forward-Backward Splitting Method for Monotone Inclusions Without Cocoercivity. SIAM
///             Journal on Optimization 2020
struct forward_reflected {
  schedule step_size = 1e-3;
  double reflection = 1;

  template <class T>
  struct along_reflected {
    using values = uses<in<name::g>, inout<name::past>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T step, reflection;
    SADDLE_HD void operator()(T g, T& past, T& v) const {
      v = step * (g + reflection * (g - past));
      past = g;
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_reflected<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), static_cast<T>(step == 1 ? 0 : reflection)};
  }
  forward_reflected paced(int n) const { return {step_size.paced(n), reflection}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const {
    return first_objection({step_size.objection("forward_reflected: step_size"),
                            objection_unless_finite("forward_reflected: reflection", reflection)});
  }
  static std::string name() { return "forward-reflected"; }
};

static_assert(optimizer<forward_reflected>);

SADDLE_NAMESPACE_END
