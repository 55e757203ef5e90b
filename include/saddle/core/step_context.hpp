#pragma once
#include <cstdint>
#include <limits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/counter_rng.hpp"

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

/// What changes from step to step, computed on the host in double. Kernels read it from memory, so that a captured
/// graph replays with changing steps.
template <class T>
struct step_switches {
  std::uint64_t seed, exchange;
  std::int64_t step;
  T lo[2], hi[2];        // the box of each player
  // Of schemes that add differences up: the step size of each player and its inverse, both 0 where it has none.
  T unit[2] = {T(1), T(1)}, per_unit[2] = {T(1), T(1)};
  T consensus_step;      // gamma of the schemes that mix with it, of this round
  T keep;                // of the average of the iterates
  bool moves;            // this round takes the direction (the first round of a phase)
  bool commits;          // this phase moves w
  bool last;             // the last round of its phase: h is written, late directions are taken
  bool subtract_memory;  // h starts from w - e
};
template <class T, class Rule>
struct step_context : step_switches<T> {
  Rule rule;
};

/// The random bits with which a sender encodes a bucket. The server counts as one more than the last worker.
template <class T>
SADDLE_HD stream dither_stream(step_switches<T> const& now, std::uint32_t sender, bucket const& b) {
  return {now.seed, purpose::dither, now.exchange, sender, static_cast<std::uint64_t>(b.index)};
}

SADDLE_NAMESPACE_END
