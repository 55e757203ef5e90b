#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"

SADDLE_NAMESPACE_BEGIN

namespace name {
struct w0 : weights_array { static constexpr char const* text = "w0"; };  // where the run began; nobody writes it
}  // namespace name

/// Extragradient with Halpern's anchor: h = w + b (w_0 - w) - eta F(w), w <- w + b (w_0 - w) - eta F(h), with
/// b = 1 / (t + 1) in step t.
///
/// promise  |F(w_t)| is O(1 / t) at the last iterate, where extragradient's is O(1 / sqrt t)
/// source   Yoon, Ryu: Accelerated Algorithms for Smooth Convex-Concave Minimax Problems with O(1/k^2) Rate on Squared
///          Gradient Norm. ICML 2021
struct anchored_extragradient {
  schedule step_size = 1e-3;

  template <class T>
  struct along_gradient_to_anchor {
    using values = uses<in<name::g>, in<name::x>, in<name::w0>, out<name::v>>;
    static constexpr bool passes_on_non_finite = true;
    T step, pull;
    SADDLE_HD void operator()(T g, T x, T w0, T& v) const { v = step * g - pull * (w0 - x); }
  };
  template <class T>
  struct ahead_to_anchor {
    using values = uses<in<name::base>, in<name::g>, in<name::w0>, out<name::h>>;
    T step, pull;
    SADDLE_HD void operator()(T base, T g, T w0, T& h) const { h = base - (step * g - pull * (w0 - base)); }
  };
  template <class Who>
  using steps =
      step_list<estimate<name::w, Who>, look_ahead<Who>, others_stay<Who>, estimate<name::h, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_gradient_to_anchor<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), pull<T>(step)};
  }
  template <class T>
  ahead_to_anchor<T> ahead(std::int64_t step) const {
    return {static_cast<T>(step_size(step)), pull<T>(step)};
  }
  anchored_extragradient paced(int n) const { return {step_size.paced(n)}; }
  double step_size_at(std::int64_t step, int) const { return step_size(step); }
  std::string objection() const { return step_size.objection(name() + ": step_size"); }
  static std::string name() { return "anchored-extragradient"; }

 private:
  template <class T>
  static T pull(std::int64_t step) {
    return static_cast<T>(1 / (static_cast<double>(step) + 1));
  }
};

static_assert(optimizer<anchored_extragradient>);

SADDLE_NAMESPACE_END
