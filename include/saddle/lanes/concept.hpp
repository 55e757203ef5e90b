#pragma once
#include <concepts>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/lanes/plane_access.hpp"

SADDLE_NAMESPACE_BEGIN

/// What store_codes and load_codes take: another number of bits does not compile.
template <int Bits>
inline constexpr bool is_code_width = Bits == 2 || Bits == 4 || Bits == 8 || Bits == 16;

// A group is the lanes that work on one bucket: one lane on the CPU, a warp or a block on the GPU, a few threads
// in tests. A policy is written once against it; all lanes call all collectives in the same order, and a result is
// valid on every lane. One lane writes to memory, sync(), then others may read.
//
// A tile is T x[Items], Items = Bucket / lanes. Its slots are dealt to the lanes four neighbours at a time:

/// The place in the bucket of slot k of a lane.
template <int Items, int Lanes>
SADDLE_HD constexpr int place(int lane, int k) {
  constexpr int quad = Items < 4 ? Items : 4;
  return (k / quad) * (quad * Lanes) + quad * lane + k % quad;
}

/// On the GPU a tile lies in registers. That of a longer bucket would not fit: it lies in local memory, in the caches,
/// and loops take a few of its slots at a time.
inline constexpr int most_places_in_registers = 4096;
template <int Items, int Lanes>
inline constexpr int slots_at_a_time = Items * Lanes > most_places_in_registers ? 4 : Items;

/// f(k) for the slots k = 0, Step, 2 Step, ... of a tile, or of its first ones.
template <int Items, int Lanes, int Step = 1, int First = Items, class F>
SADDLE_HD void for_each_slot(F f) {
#ifdef __CUDA_ARCH__
#pragma unroll (slots_at_a_time<Items, Lanes> > Step ? slots_at_a_time<Items, Lanes> / Step : 1)
#endif
  for (int k = 0; k < First; k += Step) f(k);
}

/// A function of slots for the concepts below, because nvcc takes no lambda in a requirement.
template <class R>
struct giving {
  template <class... A>
  SADDLE_HD R operator()(A...) const {
    return R();
  }
};

template <class G>
concept has_lanes = requires(G const g) {
  { G::lanes } -> std::convertible_to<int>;
  { g.lane() } -> std::same_as<int>;
  g.sync();
};

/// sum<Items>(count, f)          f(k) added in one order for every group: an index-halving tree over the places of
///                               the bucket, absent places zero: a[i] += a[i + h], h = Bucket / 2 ... 1
/// max<Items>(count, f)          of unsigned integers
/// count<Items>(count, f)        how many slots satisfy f
template <class G>
concept reduces = requires(G const g) {
  { g.template sum<4>(4, giving<float>{}) } -> std::same_as<float>;
  { g.template max<4>(4, giving<std::uint32_t>{}) } -> std::same_as<std::uint32_t>;
  { g.template count<4>(4, giving<bool>{}) } -> std::same_as<int>;
};

/// store_bits<Items>(count, words, f)         one bit a place, in blocks of 128 coordinates: bit b of word j holds
///                                            place 4 b + j, which is a ballot on the GPU and a shift on vectors
/// load_bits<Items>(count, words, f)          f(k, bit)
/// store_codes<Bits, Items>(count, bytes, f)  2, 4, 8 or 16 bits a place, little-endian; writes bytes of whole quads
/// load_codes<Bits, Items>(count, bytes, f)   f(k, code)
template <class G>
concept packs = requires(G const g, std::uint32_t* words, std::uint8_t* bytes) {
  g.template store_bits<4>(4, words, giving<bool>{});
  g.template load_bits<4>(4, words, giving<void>{});
  g.template store_codes<8, 4>(4, bytes, giving<std::uint32_t>{});
  g.template load_codes<8, 4>(4, bytes, giving<void>{});
};

/// random<Items>(stream, r)                 16 bits a place; block n of the stream serves the places 4 n ... 4 n + 3
///                                          and the same in the bucket's second half
/// compact<Items>(count, f, emit)           emit(k, place, n) for the slots that satisfy f, n counting them in
///                                          ascending place; returns how many
/// scatter<Items>(pairs, at, value, acc)    acc of place at(n) += value(n), n < pairs, no place twice
template <class G>
concept selects = requires(G const g, random_stream s, std::uint16_t (&r)[8], float (&acc)[4]) {
  g.template random<8>(s, r);
  { g.template compact<4>(4, giving<bool>{}, giving<void>{}) } -> std::same_as<int>;
  g.template scatter<4>(1, giving<int>{}, giving<float>{}, acc);
};

template <class G>
concept cooperative_group = has_lanes<G> && reduces<G> && packs<G> && selects<G>;

/// A group that is only declared: what the concepts of other folders ask their questions with.
struct group_archetype {
  static constexpr int lanes = 1;
  int lane() const;
  void sync() const;
  template <int Items, class F>
  auto sum(int, F f) const -> decltype(f(0));
  template <int Items, class F>
  auto max(int, F f) const -> decltype(f(0));
  template <int Items, class F>
  int count(int, F) const;
  template <int Items, class F>
  void store_bits(int, std::uint32_t*, F) const;
  template <int Items, class F>
  void load_bits(int, std::uint32_t const*, F) const;
  template <int Bits, int Items, class F>
  void store_codes(int, std::uint8_t*, F) const;
  template <int Bits, int Items, class F>
  void load_codes(int, std::uint8_t const*, F) const;
  template <int Items>
  void random(random_stream const&, std::uint16_t (&)[Items]) const;
  template <int Items, class F, class Emit>
  int compact(int, F, Emit) const;
  template <int Items, class At, class Value, class T>
  void scatter(int, At, Value, T (&)[Items]) const;
};
static_assert(cooperative_group<group_archetype>);

/// f(k, i) for every slot k of this lane whose place i exists. The calls are independent of each other.
template <int Items, class G, class F>
SADDLE_HD void for_each_item(G const& g, int count, F f) {
  if constexpr (G::lanes == 1) {
    SADDLE_INDEPENDENT
    for (int k = 0; k < count; ++k) f(k, k);
  } else {
    for_each_slot<Items, G::lanes>([&](int k) SADDLE_INLINE_LAMBDA {
      if (int const i = place<Items, G::lanes>(g.lane(), k); i < count) f(k, i);
    });
  }
}

template <class F, class... Access>
SADDLE_HD void sweep_at(F& f, int k, int i, Access const&... all) {
  [&](auto... value) SADDLE_INLINE_LAMBDA {
    f(k, value...);
    (all.store(i, value), ...);
  }(all.load(i)...);
}
/// f(k, value...) for every slot k of this lane whose place exists, with the values that reads(p), writes(p) and
/// changes(p) say. The calls are independent of each other. Several lanes read and write four neighbours at a time if
/// the bucket is full and the group knows that it lies on 16 bytes.
template <int Items, class G, class F, class... Access>
SADDLE_HD void sweep(G const& g, int count, F f, Access... all) {
  if constexpr (G::lanes == 1) {
    SADDLE_INDEPENDENT
    for (int k = 0; k < count; ++k) saddle::sweep_at(f, k, k, all...);
  } else if (count == Items * G::lanes && g.is_aligned()) {
    static_assert(Items % 4 == 0, "a lane holds whole quads");
    for_each_slot<Items, G::lanes, 4>([&](int k) SADDLE_INLINE_LAMBDA {
      [&](int i, auto... mine) SADDLE_INLINE_LAMBDA {
        (mine.load(all, i), ...);
        SADDLE_UNROLL
        for (int n = 0; n < 4; ++n) sweep_at(f, k + n, n, mine.slots()...);
        (mine.store(all, i), ...);
      }(place<Items, G::lanes>(g.lane(), k), typename Access::quad()...);
    });
  } else {
    for_each_item<Items>(g, count, [&](int k, int i) SADDLE_INLINE_LAMBDA { sweep_at(f, k, i, all...); });
  }
}
template <int Items, class G, class T>
SADDLE_HD void load_tile(G const& g, int count, T const* from, T (&tile)[Items]) {
  sweep<Items>(g, count, [&](int k, T x) SADDLE_INLINE_LAMBDA { tile[k] = x; }, reads(from));
}
template <int Items, class G, class T>
SADDLE_HD void store_tile(G const& g, int count, T const (&tile)[Items], T* to) {
  sweep<Items>(g, count, [&](int k, T& x) SADDLE_INLINE_LAMBDA { x = tile[k]; }, writes(to));
}

/// The largest magnitude of a tile.
template <int Items, class G, class T>
SADDLE_HD T largest_magnitude(G const& g, int count, T const (&x)[Items]) {
  return from_magnitude_bits<T>(g.template max<Items>(count, [&](int k) { return magnitude_bits(x[k]); }));
}

/// Splits the keys of a bucket: those above `key` number `above`, those at it fill up to the number wanted.
template <class Key>
struct threshold {
  Key key;
  int above;
};

/// Finds the threshold that leaves at most `wanted` (1 ... count) keys above it and at least `wanted` at or above.
/// Ties at it are the caller's to break. A search over the bits of the key, so that every group finds the same set.
template <int Items, class G, class F>
SADDLE_HD auto kth_largest(G const& g, int count, int wanted, F key) {
  using Key = decltype(key(0));
  Key low = 0, high = g.template max<Items>(count, key);
  int above = 0;
  // For keys that are magnitudes the first cut is about a quarter of the largest: a few of many mostly lie above it.
  for (Key middle = high - high / 64; low < high; middle = low + (high - low + 1) / 2) {
    int const n = g.template count<Items>(count, [&](int k) { return key(k) >= middle; });
    if (n == wanted) return threshold<Key>{static_cast<Key>(middle - 1), n};  // nothing left to split
    if (n > wanted) {
      low = middle;
    } else {
      high = middle - 1;
      above = n;
    }
  }
  return threshold<Key>{low, above};
}

/// emit(k, place, n) for the slots with a key above the limit, and for the first `ties` of those at it, in ascending
/// place. Returns how many.
template <int Items, class G, class Key, class F, class Emit>
SADDLE_HD int compact_largest(G const& g, int count, Key limit, int ties, F key, Emit emit) {
  if (ties <= 0) return g.template compact<Items>(count, [&](int k) { return key(k) > limit; }, emit);
  // One past the last of the ties that goes: the lanes find it together.
  std::uint32_t end = 0;
  g.template compact<Items>(
      count, [&](int k) { return key(k) == limit; },
      [&](int, int i, int n) { end = n < ties ? static_cast<std::uint32_t>(i + 1) : end; });
  end = g.template max<1>(G::lanes, [&](int) { return end; });
  bool chosen[Items];
  for_each_item<Items>(g, count, [&](int k, int i) {
    chosen[k] = key(k) > limit || (key(k) == limit && i < static_cast<int>(end));
  });
  return g.template compact<Items>(count, [&](int k) { return chosen[k]; }, emit);
}

SADDLE_NAMESPACE_END
