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

/// Optimistic Adam: w <- w - 2 eta r_t + eta r_{t-1}, r the ratio of the corrected moments.
///
/// r_{t-1} is computed again from the old moments with the old corrections: no plane of state for it, the same bits.
/// The first step is eta r_1: there is nothing to be optimistic about yet.
/// betas    of the paper's experiments with GANs; adam has those of plain minimization
/// source   Daskalakis, Ilyas, Syrgkanis, Zeng: Training GANs with Optimism. ICLR 2018
struct optimistic_adam {
  schedule step_size = 1e-3;
  double beta1 = 0.5, beta2 = 0.9, epsilon = 1e-8;

  template <class T>
  struct along_both_ratios {
    using values = uses<in<name::g>, inout<name::m1>, inout<name::m2>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T now, before;
    adam_ratio<T> ratio, old_ratio;
    SADDLE_HD void operator()(T g, T& m1, T& m2, T& v) const {
      T const old = old_ratio.of(m1, m2);
      ratio.advance(m1, m2, g);
      v = now * ratio.of(m1, m2) - before * old;
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_both_ratios<T> direction(std::int64_t step) const {
    double const eta = step_size(step);
    bool const first = step == 1;
    return {static_cast<T>(first ? eta : 2 * eta), static_cast<T>(first ? 0 : eta),
            adam_ratio_after<T>(step, beta1, beta2, epsilon), adam_ratio_after<T>(step - 1, beta1, beta2, epsilon)};
  }
  optimistic_adam paced(int n) const { return {step_size.paced(n), beta1, beta2, epsilon}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return objection_to_adam(name(), step_size, beta1, beta2, epsilon); }
  static std::string name() { return "optimistic-adam"; }
};

static_assert(optimizer<optimistic_adam>);

SADDLE_NAMESPACE_END
