#pragma once
#include <cmath>
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
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
  T correct1, correct2;  // 1 / (1 - beta^n) after n gradients

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
  auto const correction = [n](double beta) {
    return static_cast<T>(n == 0 ? 1.0 : 1 / (1 - std::pow(beta, static_cast<double>(n))));
  };
  return {static_cast<T>(beta1), static_cast<T>(beta2), static_cast<T>(epsilon), correction(beta1), correction(beta2)};
}

/// Adam on both players at once, each worker with moments of its own.
/// source   Kingma, Ba: Adam: A Method for Stochastic Optimization. ICLR 2015
struct adam {
  schedule step_size = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

  template <class T>
  struct rule {
    using state = adam_moments<T>;
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
  static std::string name() { return "adam"; }
};

static_assert(optimizer<adam>);

SADDLE_NAMESPACE_END
