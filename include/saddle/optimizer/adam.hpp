#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct m1 : optimizer_state { static constexpr char const* text = "m1"; };  // the mean of gradients
struct m2 : optimizer_state { static constexpr char const* text = "m2"; };  // and of their squares
}  // namespace name

/// What Adam steps along, of its two moments.
template <class T>
struct adam_ratio {
  T beta1, beta2, epsilon;
  T correct1, correct2;  // 1 / (1 - beta^n) after n gradients, of the beta that the moments have: rounded to T

  SADDLE_HD void advance(T& m1, T& m2, T gradient) const {
    m1 = beta1 * m1 + (T(1) - beta1) * gradient;
    m2 = beta2 * m2 + (T(1) - beta2) * (gradient * gradient);
  }
  SADDLE_HD T root(T m2) const { return std::sqrt(m2 * correct2) + epsilon; }
  SADDLE_HD T of(T m1, T m2) const { return (m1 * correct1) / root(m2); }
};
/// The ratio after n gradients. Before the first the moments are zero and the correction does not matter.
template <class T>
adam_ratio<T> adam_ratio_after(std::int64_t n, double beta1, double beta2, double epsilon) {
  auto const rounded = [](double beta) {
    T const nearest = static_cast<T>(beta);
    return nearest < 1 ? nearest : std::nextafter(T(1), T(0));
  };
  auto const correction = [n](T beta) {
    return static_cast<T>(n == 0 ? 1.0 : 1 / (1 - std::pow(static_cast<double>(beta), static_cast<double>(n))));
  };
  T const b1 = rounded(beta1), b2 = rounded(beta2);
  T const positive = std::fmax(static_cast<T>(epsilon), std::numeric_limits<T>::min());  // or 0 / 0 of zero gradients
  return {b1, b2, positive, correction(b1), correction(b2)};
}

template <class T>
struct along_ratio {
  using values = uses<in<name::g>, inout<name::m1>, inout<name::m2>, out<name::v>>;
  static constexpr bool passes_on_non_finite = true;
  T step;
  adam_ratio<T> ratio;
  SADDLE_HD void operator()(T g, T& m1, T& m2, T& v) const {
    ratio.advance(m1, m2, g);
    v = step * ratio.of(m1, m2);
  }
};

/// What is wrong with the numbers of a method with Adam's directions, or empty.
inline std::string objection_to_adam(std::string const& of, schedule const& step_size, double beta1, double beta2,
                                     double epsilon) {
  return first_objection({step_size.objection(of + ": step_size"),
                          objection_unless(beta1 >= 0 && beta1 < 1, of + ": beta1", "lies in [0, 1)", beta1),
                          objection_unless(beta2 >= 0 && beta2 < 1, of + ": beta2", "lies in [0, 1)", beta2),
                          objection_unless(is_finite(epsilon) && epsilon > 0, of + ": epsilon",
                                           "is finite and positive", epsilon)});
}

/// Adam on both players at once, each worker with moments of its own.
///
/// betas    those of its paper, (0.9, 0.999), for what it is used for most: plain minimization, and as a drop-in for
///          other libraries' Adam. For GANs optimistic_adam and extra_adam have those of theirs, (0.5, 0.9)
/// overflow a gradient whose square is not finite is one that is not finite: the step is skipped and reported
/// source   Kingma, Ba: Adam: A Method for Stochastic Optimization. ICLR 2015
struct adam {
  schedule step_size = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_ratio<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), adam_ratio_after<T>(step, beta1, beta2, epsilon)};
  }
  adam paced(int n) const { return {step_size.paced(n), beta1, beta2, epsilon}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return objection_to_adam(name(), step_size, beta1, beta2, epsilon); }
  static std::string name() { return "adam"; }
};

static_assert(optimizer<adam>);

SADDLE_NAMESPACE_END
