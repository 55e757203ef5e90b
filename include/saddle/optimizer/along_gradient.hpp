#pragma once
#include "saddle/config.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

// Directions along a gradient, and the estimator that takes one as it is: several optimizers share them.

template <class T>
struct along_gradient {
  using values = uses<in<name::g>, out<name::v>>;
  static constexpr bool passes_on_non_finite = true;
  T step;
  SADDLE_HD void operator()(T g, T& v) const { v = step * g; }
};
template <class T>
struct ahead_along_gradient {
  using values = uses<in<name::base>, in<name::g>, out<name::h>>;
  T step;
  SADDLE_HD void operator()(T base, T g, T& h) const { h = base - step * g; }
};

/// One gradient, as it is.
struct one_gradient {
  template <class At, class Draw, int Player, int>
  using steps = step_list<take_gradient<At, name::g, Draw, Player>>;
  template <int>
  using result = name::g;
};

SADDLE_NAMESPACE_END
