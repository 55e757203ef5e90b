#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"

SADDLE_NAMESPACE_BEGIN

/// The direction of one coordinate, and its state moved on. If that would not be finite it stays, and the direction is
/// not a number: whoever looks at what comes of it reports it like a gradient that is not finite.
template <class Rule, class T, class State>
SADDLE_HD T advance(Rule const& rule, T gradient, State& s) {
  if constexpr (std::is_empty_v<State>) {
    return rule.direction(gradient, s);
  } else {
    State next = s;
    T const v = rule.direction(gradient, next);
    watch<T> seen;
    seen.look_at(next);
    bool const finite = seen.all_finite();
    if (finite) s = next;
    return finite ? v : from_magnitude_bits<T>(~bits_of<T>{0} >> 1);
  }
}

SADDLE_NAMESPACE_END
