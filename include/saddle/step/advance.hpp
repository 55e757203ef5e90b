#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/group/concept.hpp"
#include "saddle/step/non_finite.hpp"

SADDLE_NAMESPACE_BEGIN

/// How the optimizer's state of a tile goes on: a sweep that writes it back calls advance(k, s, f) for every slot, f
/// being what changes s. Then `are_finite` says whether what came of it is, and if it is not the state is put back.
///
/// The new state is looked at in registers; the old one waits here, and costs no access to memory.
template <class State, class T, int Items>
class advancing_states {
 public:
  template <class F>
  SADDLE_HD T advance(int k, State& s, F f) {
    if constexpr (planes > 0) saddle::store_planes(old_, Items, k, s);
    T const x = f(s);
    if constexpr (planes > 0) seen_.look_at(s);
    return x;
  }
  /// Of the state and of the tile that came of it; true on every lane if all is. If not, the lowest coordinate that is
  /// not is reported, and the state is what it was.
  template <cooperative_group G>
  SADDLE_HD bool are_finite(G const& g, T const (&tile)[Items], bucket_arrays<T> const& a, bucket const& b, int count,
                            std::int64_t* lowest) const {
    auto const of_tile = [&](int k) { return magnitude_bits(tile[k]); };
    if constexpr (planes == 0) {
      return !finds_non_finite_bits<T, Items>(g, of_tile, b, count, lowest);
    } else {
      bits_of<T> const mine = seen_.all_finite() ? 0 : infinity_bits<T>;
      if (g.template max<Items>(count, [&](int k) { return of_tile(k) | mine; }) < infinity_bits<T>) return true;
      finds_non_finite_bits<T, Items>(
          g,
          [&](int k) {
            watch<T> now;
            now.look_at(tile[k]);
            now.look_at(load_planes<State>(a.state, a.plane, place<Items, G::lanes>(g.lane(), k)));
            return now.all_finite() ? bits_of<T>{0} : infinity_bits<T>;
          },
          b, count, lowest);
      sweep<Items>(
          g, count, [&](int k, State& s) { s = load_planes<State>(old_, Items, k); },
          state_of<State, true, false>(a));
      return false;
    }
  }

 private:
  static constexpr int planes = planes_of<State, T>;
  T old_[planes > 0 ? planes * Items : 1];  // one plane after the other
  watch<T> seen_;
};

SADDLE_NAMESPACE_END
