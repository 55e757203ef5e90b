#pragma once
#include <cstdint>
#include <limits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"

SADDLE_NAMESPACE_BEGIN

/// A coordinate-wise constraint lo <= w <= hi on one player (WGAN clipping). The largest numbers stand for no bound: a
/// compiler that was told that nothing is infinite may do anything with an infinite constant.
struct box {
  double lo = std::numeric_limits<double>::lowest(), hi = std::numeric_limits<double>::max();
};

/// A bound in T. What T cannot hold is no bound, and a weight that overflows is not clamped into a number: it is
/// reported. Infinity is made here from its bits, while the program runs.
template <class T>
T bound_in(double x) {
  using limits = std::numeric_limits<T>;
  T const none = from_magnitude_bits<T>(infinity_bits<T>);
  if (x <= static_cast<double>(limits::lowest())) return -none;
  if (x >= static_cast<double>(limits::max())) return none;
  return static_cast<T>(x);
}

SADDLE_NAMESPACE_END
