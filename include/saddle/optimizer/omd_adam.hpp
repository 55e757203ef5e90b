#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

/// omd with Adam's directions: h_t = w_{t-1} - eta r_{t-1}, g_t = F(h_t), w_t = w_{t-1} - eta r_t, r the ratio of the
/// corrected moments of g_1 ... g_t.
///
/// The half-iterates move as the weights of optimistic_adam do, by 2 eta r_t - eta r_{t-1}. What differs: w is another
/// point, a message is one step long instead of two, and there is a look-ahead for an error memory to be subtracted in.
/// optimism  how many steps the look-ahead is long. 0 is Adam, whose gradients are taken at w less what is owed
/// average   where the server adapts, the look-ahead is along the ratio of the average. What a worker owes is then a
///           gradient, and moves w by eta e / (sqrt(m2) + epsilon) in the end, m2 with e in it: of a coordinate that was
///           never sent m2 alone is 0. That is subtracted
/// start     h_1 = w_0
struct omd_adam {
  schedule step_size = 1e-3;
  double beta1 = 0.5, beta2 = 0.9, epsilon = 1e-8;
  double optimism = 1;

  /// g is what is owed in units of a gradient.
  template <class T>
  struct ahead_along_ratio {
    using values = uses<in<name::base>, in<name::m1>, in<name::m2>, in<name::g>, out<name::h>>;
    T step, look;
    adam_ratio<T> ratio;
    SADDLE_HD void operator()(T base, T m1, T m2, T g, T& h) const {
      T const along = ratio.of(m1, m2);
      ratio.advance(m1, m2, g);
      h = base - (look * along + step * g / ratio.root(m2));
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::h, Who>, descend<Who>, look_ahead<Who, own_state>>;
  using estimator = one_gradient;
  template <class T>
  along_ratio<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), adam_ratio_after<T>(step, beta1, beta2, epsilon)};
  }
  template <class T>
  ahead_along_ratio<T> ahead(std::int64_t step) const {
    double const eta = step_size(step);
    return {static_cast<T>(eta), static_cast<T>(optimism * eta), adam_ratio_after<T>(step, beta1, beta2, epsilon)};
  }
  omd_adam paced(int n) const { return {step_size.paced(n), beta1, beta2, epsilon, optimism}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const {
    return first_objection({objection_to_adam(name(), step_size, beta1, beta2, epsilon),
                            objection_unless(is_finite(optimism) && optimism >= 0, name() + ": optimism",
                                             "is finite and not negative", optimism)});
  }
  static std::string name() { return "omd-adam"; }
};

static_assert(optimizer<omd_adam>);

SADDLE_NAMESPACE_END
