#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// A step size as a function of the step, which counts from 1. A plain number is a constant one.
/// Evaluated on the host in double; kernels see the rounded value.
struct schedule {
  enum class shape : std::uint8_t { constant, linear, cosine, inverse_sqrt };

  double base = 0;          // the value after the warm-up
  shape form = shape::constant;
  double length = 0;        // linear, cosine: steps until `last`; inverse_sqrt: steps before the decay begins
  double last = 0;          // linear, cosine: the value from then on
  double warmup = 0;        // steps over which the value rises linearly from base / warmup to base
  double hold = 0;          // linear, cosine: steps at `base` before `length` begins

  constexpr schedule(double constant = 0) : base(constant) {}

  static constexpr schedule linear(double first, double steps, double last = 0) {
    return {first, shape::linear, steps, last};
  }
  static constexpr schedule cosine(double first, double steps, double last = 0) {
    return {first, shape::cosine, steps, last};
  }
  /// base until `steps`, then base * sqrt(steps / t).
  static constexpr schedule inverse_sqrt(double first, double steps) {
    return {first, shape::inverse_sqrt, steps, 0};
  }
  constexpr schedule warmed_up(double steps) const {
    schedule s = *this;
    s.warmup = steps;
    return s;
  }
  constexpr schedule held(double steps) const {
    schedule s = *this;
    s.hold = steps;
    return s;
  }

  double operator()(std::int64_t step) const {
    double const t = static_cast<double>(step);
    if (t < warmup) return base * t / warmup;
    double const done = length > 0 ? std::fmin(std::fmax(t - 1 - hold, 0.0) / length, 1.0) : 1.0;
    switch (form) {
      case shape::constant: break;
      case shape::linear: return base + (last - base) * done;
      case shape::cosine: return last + (base - last) * 0.5 * (1 + std::cos(std::numbers::pi * done));
      case shape::inverse_sqrt: return t > length ? base * std::sqrt(length / t) : base;
    }
    return base;
  }

 private:
  constexpr schedule(double b, shape f, double n, double l) : base(b), form(f), length(n), last(l) {}
};

SADDLE_NAMESPACE_END
