#pragma once
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/prefetch.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

/// Where the arrays of an operation lie, seen from a bucket's first coordinate, in the order in which arrays_of lists
/// them.
template <class T, class U>
struct places {
  T* at[detail::length_of<U> > 0 ? detail::length_of<U> : 1];
};
template <class T, class U>
SADDLE_HD void prefetch_next(int count, places<T, U> const& p) {
  SADDLE_UNROLL
  for (int n = 0; n < detail::length_of<U>; ++n) prefetch_next(count, p.at[n]);
}

namespace detail {

/// A tile of registers that an operation finds under a name, or leaves there.
template <class N, bool Given, class T, int Items>
struct tile {
  using name = N;
  static constexpr bool given = Given;
  T (&values)[Items];
};
template <class N, class T, int Items>
SADDLE_HD tile<N, true, T, Items> given(T (&values)[Items]) {
  return {values};
}
template <class N, class T, int Items>
SADDLE_HD tile<N, false, T, Items> leaves(T (&values)[Items]) {
  return {values};
}

}  // namespace detail

/// Stores whatever comes of it.
struct unchecked {};

/// An operation on every coordinate of a bucket. All arrays are loaded before the first is stored.
///
/// check  `unchecked`, or called as check(bits) when everything has been computed: bits(k) is the largest magnitude of
///        what slot k is about to store or leave, as bits. If it says false, nothing goes to memory
template <int Items, class T, class Op, cooperative_group G, class... A, class Check, class... Tile>
SADDLE_HD bool sweep_operation(G const& g, int count, Op const& op, places<T, uses<A...>> const& at, Check check,
                               Tile... tiles) {
  using arrays = uses<A...>;
  using record = typename detail::record_for<
      T, typename Op::values, typename detail::beside<typename Op::values, typename Tile::name...>::type>::type;
  // Arrays of the other player's operation are left alone.
  using values = typename Op::values;
  constexpr bool checks = !std::is_same_v<Check, unchecked>;
  [[maybe_unused]] constexpr int stored = (0 + ... + int(detail::written<A, values>));
  [[maybe_unused]] auto const larger = [](bits_of<T> most, T x) SADDLE_INLINE_LAMBDA {
    return magnitude_bits(x) > most ? magnitude_bits(x) : most;
  };
  auto const compute = [&]([[maybe_unused]] int k, auto load, auto store) SADDLE_INLINE_LAMBDA {
    record r;
    load(r);
    ((Tile::given ? void(detail::get<typename Tile::name>(r) = tiles.values[k]) : void()), ...);
    detail::run_operation(op, r);
    store(r);
    ((Tile::given ? void() : void(tiles.values[k] = detail::get<typename Tile::name>(r))), ...);
  };
  if constexpr (G::lanes == 1) {  // from memory to memory; what is checked, by way of the first cache
    constexpr bool waits = checks && stored > 0;
    [[maybe_unused]] T waiting[waits ? stored : 1][waits ? Items : 1];
    [[maybe_unused]] watch<T> seen;
    SADDLE_INDEPENDENT
    for (int k = 0; k < count; ++k)
      compute(
          k,
          [&](record& r) SADDLE_INLINE_LAMBDA {
            [[maybe_unused]] int n = 0;
            ((A::load ? detail::put<typename A::name, values>(r, at.at[n][k]) : void(), ++n), ...);
          },
          [&](record& r) SADDLE_INLINE_LAMBDA {
            [[maybe_unused]] int n = 0, w = 0;
            [[maybe_unused]] auto const store = [&](T x) SADDLE_INLINE_LAMBDA {
              if constexpr (waits) waiting[w++][k] = x;
              else at.at[n][k] = x;
              if constexpr (checks) seen.look_at(x);
            };
            ((detail::written<A, values> ? store(detail::take<typename A::name, values>(r, T(0))) : void(), ++n), ...);
            if constexpr (checks)
              ((Tile::given ? void() : seen.look_at(detail::get<typename Tile::name>(r))), ...);
          });
    if constexpr (checks) {
      if (!seen.all_finite()) {
        return check([&](int k) SADDLE_INLINE_LAMBDA {
          bits_of<T> most = 0;
          if constexpr (waits)
            for (auto const& one : waiting) most = larger(most, one[k]);
          ((Tile::given ? void() : void(most = larger(most, tiles.values[k]))), ...);
          return most;
        });
      }
      if constexpr (waits) {
        [[maybe_unused]] int n = 0, w = 0;
        ((detail::written<A, values> ? void(store_tile(g, count, waiting[w++], at.at[n])) : void(), ++n), ...);
      }
    }
    return true;
  } else {
    // What waits for the check is held for the whole bucket.
    constexpr bool waits = checks && stored > 0;
    constexpr int some = waits ? Items : slots_at_a_time<Items, G::lanes>, all = detail::length_of<arrays>;
    T held[all > 0 ? all : 1][some];
    auto const store_from = [&]([[maybe_unused]] int begin, [[maybe_unused]] int there) SADDLE_INLINE_LAMBDA {
      [[maybe_unused]] int n = 0;
      ((detail::written<A, values> ? void(store_tile(g, there, held[n], at.at[n] + begin)) : void(), ++n), ...);
    };
    for_each_slot<Items, G::lanes, some>([&](int first) SADDLE_INLINE_LAMBDA {
      int const begin = first * G::lanes, left = count - begin;
      int const there = some == Items || left < some * G::lanes ? left : some * G::lanes;
      {
        [[maybe_unused]] int n = 0;
        ((A::load ? void(load_tile(g, there, static_cast<T const*>(at.at[n]) + begin, held[n])) : void(), ++n), ...);
      }
      for_each_item<some>(g, there, [&](int k, int) SADDLE_INLINE_LAMBDA {
        compute(
            first + k,
            [&](record& r) SADDLE_INLINE_LAMBDA {
              [[maybe_unused]] int n = 0;
              ((A::load ? detail::put<typename A::name, values>(r, held[n][k]) : void(), ++n), ...);
            },
            [&](record& r) SADDLE_INLINE_LAMBDA {
              [[maybe_unused]] int n = 0;
              ((detail::written<A, values> ? void(held[n][k] = detail::take<typename A::name, values>(r, T(0)))
                                           : void(),
                ++n),
               ...);
            });
      });
      if constexpr (!waits) store_from(begin, there);
    });
    if constexpr (checks)
      if (!check([&](int k) SADDLE_INLINE_LAMBDA {
            bits_of<T> most = 0;
            [[maybe_unused]] int n = 0;
            ((detail::written<A, values> ? void(most = larger(most, held[n][k])) : void(), ++n), ...);
            ((Tile::given ? void() : void(most = larger(most, tiles.values[k]))), ...);
            return most;
          }))
        return false;
    if constexpr (waits) store_from(0, count);
    return true;
  }
}

SADDLE_NAMESPACE_END
