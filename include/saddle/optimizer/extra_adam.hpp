#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// Extragradient with Adam directions: both gradients of a step enter the moments and their count.
///
/// betas    of the paper's experiments with GANs; adam has those of plain minimization
/// second   the paper's algorithm draws a sample for each of its two gradients. With sampling::same both see one, as
///          extragradient's do
/// source   Gidel, Berard, Vignoud, Vincent, Lacoste-Julien: A Variational Inequality Perspective on GANs. ICLR 2019
struct extra_adam {
  schedule step_size = 1e-3;
  double beta1 = 0.5, beta2 = 0.9, epsilon = 1e-8;
  sampling second = sampling::independent;

  struct second_sample {
    static int of(extra_adam const& o) { return o.second == sampling::independent ? 1 : 0; }
  };
  template <class T>
  struct ahead_along_ratio {
    using values = uses<in<name::base>, in<name::g>, inout<name::m1>, inout<name::m2>, out<name::h>>;
    along_ratio<T> rule;
    SADDLE_HD void operator()(T base, T g, T& m1, T& m2, T& h) const {
      T v;
      rule(g, m1, m2, v);
      h = base - v;
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, look_ahead<Who>, others_stay<Who>,
                     estimate<name::h, Who, second_sample>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_ratio<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), adam_ratio_after<T>(2 * step, beta1, beta2, epsilon)};
  }
  template <class T>
  ahead_along_ratio<T> ahead(std::int64_t step) const {
    return {{static_cast<T>(step_size(step)), adam_ratio_after<T>(2 * step - 1, beta1, beta2, epsilon)}};
  }
  extra_adam paced(int n) const { return {step_size.paced(n), beta1, beta2, epsilon, second}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return objection_to_adam(name(), step_size, beta1, beta2, epsilon); }
  static std::string name() { return "extra-adam"; }
};

static_assert(optimizer<extra_adam>);

SADDLE_NAMESPACE_END
