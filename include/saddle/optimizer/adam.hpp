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

SADDLE_NAMESPACE_BEGIN

/// The two moments of Adam, and the ratio that it steps along.
template <class T>
struct adam_moments {
  T m, v;
};
template <class T>
struct adam_ratio {
  T beta1, beta2, epsilon;
  T correct1, correct2;  // 1 / (1 - beta^n) after n gradients, of the beta that the moments have: rounded to T

  SADDLE_HD void advance(adam_moments<T>& s, T gradient) const {
    s.m = beta1 * s.m + (T(1) - beta1) * gradient;
    s.v = beta2 * s.v + (T(1) - beta2) * (gradient * gradient);
  }
  SADDLE_HD T of(adam_moments<T> const& s) const {
    return (s.m * correct1) / (std::sqrt(s.v * correct2) + epsilon);
  }
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

  template <class T>
  struct rule {
    using state = adam_moments<T>;
    static constexpr bool writes_ahead = false;
    T step_size;
    adam_ratio<T> ratio;
    SADDLE_HD T direction(T gradient, state& s) const {
      ratio.advance(s, gradient);
      return step_size * ratio.of(s);
    }
  };
  template <class T>
  rule<T> at(std::int64_t step, int) const {
    return {static_cast<T>(step_size(step)), adam_ratio_after<T>(step, beta1, beta2, epsilon)};
  }
  static constexpr int phases() { return 1; }
  static constexpr phase at_phase(int) { return {}; }
  adam paced(int n) const { return {step_size.paced(n), beta1, beta2, epsilon}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return objection_to_adam(name(), step_size, beta1, beta2, epsilon); }
  static std::string name() { return "adam"; }
};

static_assert(optimizer<adam>);

SADDLE_NAMESPACE_END
