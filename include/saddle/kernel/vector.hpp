#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/players.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/arguments.hpp"

SADDLE_NAMESPACE_BEGIN

/// All of a player's coordinates in an array, for one group of lanes. All lanes call these functions alike; results are
/// valid on every lane, and the same for every group.
template <int Bucket, class G, class T>
struct player_vector {
  static constexpr int items = Bucket / G::lanes;
  G const& g;
  bucket_layout const& layout;
  int player;
  T* x;  // where coordinate 0 lies

  SADDLE_HD std::int64_t size() const { return layout.sizes.of(player); }
  /// The sum of f(x): the group's of each bucket, in the order of the buckets.
  template <class F>
  SADDLE_HD T sum(F f) const {
    T all = T(0);
    each_bucket([&](int count, T const(&tile)[items]) {
      all += g.template sum<items>(count, [&](int k) { return f(tile[k]); });
    });
    return all;
  }
  /// How many x satisfy f.
  template <class F>
  SADDLE_HD std::int64_t count(F f) const {
    std::int64_t all = 0;
    each_bucket([&](int count, T const(&tile)[items]) {
      all += g.template count<items>(count, [&](int k) { return f(tile[k]); });
    });
    return all;
  }
  SADDLE_HD T largest() const {
    bits_of<T> most = 0;
    each_bucket([&](int count, T const(&tile)[items]) {
      bits_of<T> const here = g.template max<items>(count, [&](int k) { return in_order(tile[k]); });
      most = here > most ? here : most;
    });
    return __builtin_bit_cast(T, most & sign ? most ^ sign : ~most);
  }
  /// x = f(x).
  template <class F>
  SADDLE_HD void become(F f) const {
    bucket_range const all = layout.of(player);
    for (std::int64_t n = all.first; n < all.last; ++n) {
      bucket const b = layout.at(n);
      for_each_item<items>(g, b.count, [&](int, int i) { x[b.begin + i] = f(x[b.begin + i]); });
    }
  }

 private:
  static constexpr bits_of<T> sign = bits_of<T>{1} << (8 * sizeof(T) - 1);
  /// An integer that orders as the number does.
  SADDLE_HD static bits_of<T> in_order(T v) {
    bits_of<T> const b = __builtin_bit_cast(bits_of<T>, v);
    return b & sign ? ~b : b | sign;
  }
  template <class F>
  SADDLE_HD void each_bucket(F f) const {
    bucket_range const all = layout.of(player);
    for (std::int64_t n = all.first; n < all.last; ++n) {
      bucket const b = layout.at(n);
      T tile[items];
      for_each_item<items>(g, b.count, [&](int k, int i) { tile[k] = x[b.begin + i]; });
      f(b.count, tile);
    }
  }
};

/// An operation on a player's whole vector, by the group of its first bucket.
template <class T, class Op, int Bucket>
struct vector_kernel {
  static constexpr int length = Bucket;
  bucket_layout layout;
  launch_data<Op> const* now;
  array_row<T> const* rows;
  char const* absent;  // one a row, or null
  char const* skips;   // the same

  template <cooperative_group G>
  SADDLE_HD void operator()(G const& g, int m, bucket const& b, int) const {
    if ((absent != nullptr && has_player(absent[m], b.player)) || (skips != nullptr && skips[m])) return;
    now->op(player_vector<Bucket, G, T>{g, layout, b.player, rows[m].arrays[b.player][0]});
  }
};

SADDLE_NAMESPACE_END
