#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"

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

  template <class T>
  struct rule : adam::rule<T> {
    using steps_by = adam::rule<T>;
    static constexpr bool writes_ahead = false;
    static constexpr extrapolation from = extrapolation::local;
    SADDLE_HD T look_ahead(T w, T past) const { return w - past; }
  };
  template <class T>
  rule<T> at(std::int64_t step, int phase) const {
    return {{static_cast<T>(step_size(step)), adam_ratio_after<T>(2 * (step - 1) + phase + 1, beta1, beta2, epsilon)}};
  }
  static constexpr int phases() { return 2; }
  phase at_phase(int k) const {
    if (k == 0) return {.commits = false, .exchanges = false};
    return {.at_h = true, .draw = second == sampling::independent ? 1 : 0};
  }
  extra_adam paced(int n) const { return {step_size.paced(n), beta1, beta2, epsilon, second}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return objection_to_adam(name(), step_size, beta1, beta2, epsilon); }
  static std::string name() { return "extra-adam"; }
};

static_assert(optimizer<extra_adam>);

SADDLE_NAMESPACE_END
