#pragma once
#include <cmath>
#include <concepts>
#include <cstdint>
#include <numbers>
#include <string>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/optimizer/step_function.hpp"

SADDLE_NAMESPACE_BEGIN

/// A step size as a function of the step, which counts from 1: a plain number, which is constant; one of the forms
/// below; or any function of the step, with captures or without:
///
///   sgda{.step_size = [peak](std::int64_t step) { return peak / static_cast<double>(step); }}
///
/// A warm-up comes first and the form follows it: its own step 1, which is its peak, is the last step of the warm-up,
/// and its length counts from there. So with a warm-up of w steps linear and cosine reach their last value at step
/// w + length. Step t is optax.join_schedules([linear_schedule(0, peak, w), form], [w]) at count t, and torch's
/// SequentialLR of LinearLR(1 / w, total_iters = w - 1) and the form, with milestone w - 1, in epoch t - 1. (The
/// schedule of the Transformer, whose root counts the steps of the warm-up too, is a function of the step.)
///
/// Evaluated on the host in double; kernels see the rounded value.
/// functions  are asked for any step, more than once, and from any thread; copies of a schedule share them
/// resuming   a checkpoint has no schedule: whoever continues a run gives it, the same one or another
/// errors     std::invalid_argument where a function gives what is no step size
struct schedule {
  enum class shape : std::uint8_t { constant, linear, cosine, inverse_sqrt, function };

  double base = 0;          // the value after the warm-up
  shape form = shape::constant;
  double length = 0;        // linear, cosine: steps until `last`; inverse_sqrt: steps before the decay begins
  double last = 0;          // linear, cosine: the value from then on
  double warmup = 0;        // steps over which the value rises linearly from base / warmup to base
  double hold = 0;          // steps at the peak, after the warm-up, before the form goes on
  int pace = 1;             // it goes on by one step in so many calls for the next one
  step_function of{};

  constexpr schedule(double constant = 0) : base(constant) {}
  template <gives_a_number_each_step F>
    requires(!std::same_as<F, schedule>)
  schedule(F f) : form(shape::function), of(std::move(f)) {}

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
  /// Goes on once in n steps: of a player that moves n times while the other one moves once.
  constexpr schedule paced(int n) const {
    schedule s = *this;
    s.pace = pace * n;
    return s;
  }

  double operator()(std::int64_t step) const {
    double const t = static_cast<double>((step - 1) / pace + 1);
    if (t < warmup) return value(1) * t / warmup;
    return value(std::fmax((warmup > 1 ? t - warmup + 1 : t) - hold, 1.0));
  }

  /// What is wrong with its numbers, or empty. `field` is its name: "adam: step_size".
  std::string objection(std::string const& field) const {
    if (form == shape::function)
      return of.is_none() ? field + " is a function of the step, and empty"
                          : first_objection({objection_unless_finite(field + ".warmup", warmup),
                                              objection_unless_finite(field + ".hold", hold)});
    return first_objection(
        {objection_unless_finite(field, base), objection_unless_finite(field + ".length", length),
         objection_unless(form != shape::inverse_sqrt || length > 0, field + ".length", "is positive", length),
         objection_unless_finite(field + ".last", last), objection_unless_finite(field + ".warmup", warmup),
         objection_unless_finite(field + ".hold", hold)});
  }

 private:
  constexpr schedule(double b, shape f, double n, double l) : base(b), form(f), length(n), last(l) {}

  /// At a step of the form's own, which counts from 1.
  double value(double t) const {
    double const done = length > 0 ? std::fmin((t - 1) / length, 1.0) : 1.0;
    switch (form) {
      case shape::constant: break;
      case shape::linear: return base + (last - base) * done;
      case shape::cosine: return last + (base - last) * 0.5 * (1 + std::cos(std::numbers::pi * done));
      case shape::inverse_sqrt: return t > length ? base * std::sqrt(length / t) : base;
      case shape::function: return checked(of(static_cast<std::int64_t>(t)), t);
    }
    return base;
  }
  static double checked(double eta, double t) {
    expects(is_finite(eta) && eta >= 0, [&] {
      return "schedule: a step size is finite and not negative, and the function of the step gives " + number_text(eta) +
             " at step " + number_text(t);
    });
    return eta;
  }
};

SADDLE_NAMESPACE_END
