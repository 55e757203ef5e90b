#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/step/non_finite.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whether the optimizer's state of a bucket may go on by advance(k, gradient, s): whether that and `tile`, which came
/// of it, are finite, on every lane. If not, the lowest coordinate that is not is reported.
///
/// seen     has looked at the new states, which were made of copies: they are made again, for to keep them would take
///          registers that kernels do not have, and what they are made of is in the nearest cache
/// Reads    whether advance wants the gradient; otherwise it gets 0
template <class State, bool Reads, int Items, cooperative_group G, class T, class Advance>
SADDLE_HD bool may_advance(G const& g, Advance advance, watch<T> const& seen, T const (&tile)[Items],
                             bucket_arrays<T> const& a, bucket const& b, int count, std::int64_t* lowest) {
  bits_of<T> const mine = seen.all_finite() ? bits_of<T>{0} : infinity_bits<T>;
  if (g.template max<Items>(count, [&](int k) { return magnitude_bits(tile[k]) | mine; }) < infinity_bits<T>) {
    g.sync();  // so that what is read again is not kept in registers until then
    return true;
  }
  bits_of<T> flaws[Items];
  sweep<Items>(
      g, count,
      [&](int k, T gradient, State s) {
        if constexpr (!std::is_empty_v<State>) advance(k, gradient, s);
        watch<T> one;
        one.look_at(tile[k]);
        one.look_at(s);
        flaws[k] = one.all_finite() ? bits_of<T>{0} : infinity_bits<T>;
      },
      reads<Reads && !std::is_empty_v<State>>(a.gradient), state_of<State, false>(a));
  finds_non_finite_bits<T, Items>(g, [&](int k) { return flaws[k]; }, b, count, lowest);
  return false;
}
/// The same, and if it may it does.
template <class State, bool Reads, int Items, cooperative_group G, class T, class Advance>
SADDLE_HD bool advance_state(G const& g, Advance advance, watch<T> const& seen, T const (&tile)[Items],
                             bucket_arrays<T> const& a, bucket const& b, int count, std::int64_t* lowest) {
  if (!may_advance<State, Reads>(g, advance, seen, tile, a, b, count, lowest)) return false;
  if constexpr (!std::is_empty_v<State>)
    sweep<Items>(
        g, count, [&](int k, T gradient, State& s) { advance(k, gradient, s); }, reads<Reads>(a.gradient),
        state_of<State>(a));
  return true;
}

SADDLE_NAMESPACE_END
