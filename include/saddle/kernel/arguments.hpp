#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/step/operation.hpp"
#include "saddle/step/sweep.hpp"

SADDLE_NAMESPACE_BEGIN

// What kernels read of a step, and where arrays lie. All of it is in the executor's memory, so that a recorded kernel
// can be replayed with what has changed.

/// Of the exchange that a kernel takes part in.
struct exchange_facts {
  std::uint64_t seed = 0, exchange = 0;
  /// The random bits with which a sender encodes a bucket. The server counts as one more than the last worker.
  SADDLE_HD random_stream dither(std::uint32_t sender, bucket const& b) const {
    return {seed, purpose::dither, exchange, sender, static_cast<std::uint64_t>(b.index)};
  }
};
/// And the operation of this step, whose numbers the host computed.
template <class Op>
struct launch_data : exchange_facts {
  Op op;
};

/// A row of a launch: a worker, or what all of them share. One type for all operations: arrays are in the order in
/// which arrays_of lists them.
template <class T>
struct array_row {
  T* const* arrays[2];    // of each player, seen from where coordinate 0 would lie: gradients may be a user's
  T const* scalars;
  std::uint32_t sender;   // the number of the worker in the run
};

template <class T>
SADDLE_HD bucket_facts<T> facts_of(array_row<T> const& r, bucket const& b) {
  return {b.player, r.scalars, b.tensor};
}

namespace detail {
template <class T, class... A>
SADDLE_HD places<T, uses<A...>> places_of([[maybe_unused]] T* const* arrays, [[maybe_unused]] bucket const& b,
                                          uses<A...>) {
  places<T, uses<A...>> p{};
  [[maybe_unused]] int n = 0;
  ((p.at[n] = arrays[n] + (A::name::as_message ? b.begin_in_message() : b.begin), ++n), ...);
  return p;
}
}  // namespace detail

template <class U, class T>
SADDLE_HD places<T, U> places_in(array_row<T> const& r, bucket const& b) {
  return detail::places_of(b.player == 0 ? r.arrays[0] : r.arrays[1], b, U());
}

SADDLE_NAMESPACE_END
