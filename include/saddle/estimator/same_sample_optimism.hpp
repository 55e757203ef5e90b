#pragma once
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/estimator/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// g = 2 F(w; xi) - F(w_old; xi).
struct two_points_of_a_sample {
  static constexpr bool compares_steps = true;
  struct combine {
    using values = uses<inout<name::g>, in<name::other>>;
    template <class T>
    SADDLE_HD void operator()(T& g, T other) const {
      g += g - other;
    }
  };
  template <class At, class Draw, int Player, int>
  using steps =
      step_list<take_gradient<At, name::g, Draw, Player>,
                take_gradient<name::earlier, name::other, Draw, Player>,
                local_operation<make_fixed<combine>, binds<>, Player>, detail::keeps_point<At, Player>>;
  template <int>
  using result = name::g;
};
static_assert(estimator<two_points_of_a_sample>);

/// An optimizer with the optimism of one sample: both gradients of it, at w and at the w of the step before. omd, which
/// reuses the gradient of the step before, has another sample there.
///
/// start   the first step is a plain one: w_0 is compared with itself
/// source  Cai, Alghunaim, Sayed: Diffusion Stochastic Optimization for Min-Max Problems (DSS-OG). 2024
template <optimizer O>
struct same_sample_optimism {
  O policy{};

  using estimator = two_points_of_a_sample;
  SADDLE_ESTIMATES_FOR(O)
  std::string objection() const { return objection_to(policy); }
  static std::string name() { return "same-sample-" + O::name(); }
};
template <class O>
same_sample_optimism(O) -> same_sample_optimism<O>;

SADDLE_NAMESPACE_END
