#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// t[i] += t[i + h] for h = From / 2 ... To: what is left are To values.
template <int From, int To, int Lanes = 1, class T, int N>
SADDLE_HD void halve(T (&t)[N]) {
  if constexpr (From > To) {
    for_each_slot<N, Lanes, 1, From / 2>([&](int i) { t[i] += t[i + From / 2]; });
    halve<From / 2, To, Lanes>(t);
  }
}

/// The collectives of a group of several lanes, from the few that differ between threads and a block. Quad q
/// of a lane holds the places 4 n ... 4 n + 3 with n = q Lanes + lane. Group adds
///
/// lane(), sync(), store_bits      as in lanes/concept.hpp
/// sum_of_quads(t)                 the halving tree over T t[4] of all lanes: over lanes, then in the quad
/// max_over_lanes(x)               of an unsigned integer
/// sum_over_lanes(n)               of an int
/// exclusive_sum(x, all)           of std::uint64_t over the lanes below this one; `all` is the sum over all
/// scratch()                       scratch_bytes that the lanes share; whoever uses them leaves them free
template <class Group, int Lanes>
class quads {
 public:
  static constexpr int lanes = Lanes;
  /// Whether the arrays and messages of its bucket lie on 16 bytes.
  SADDLE_HD bool is_aligned() const { return true; }

  template <int Items, class F>
  SADDLE_HD auto sum(int count, F f) const {
    static_assert(Items % 4 == 0, "a lane holds whole quads");
    using T = decltype(f(0));
    T t[Items];
    for_each_slot<Items, Lanes>([&](int k) { t[k] = at<Items>(k) < count ? f(k) : T(0); });
    halve<Items, 4, Lanes>(t);
    T const quad[4] = {t[0], t[1], t[2], t[3]};
    return self().sum_of_quads(quad);
  }

  template <int Items, class F>
  SADDLE_HD auto max(int count, F f) const {
    using U = decltype(f(0));
    U most = 0;
    for_each_slot<Items, Lanes>([&](int k) {
      U const x = at<Items>(k) < count ? f(k) : U(0);
      most = x > most ? x : most;
    });
    return self().max_over_lanes(most);
  }

  template <int Items, class F>
  SADDLE_HD int count(int count, F f) const {
    int n = 0;
    for_each_slot<Items, Lanes>([&](int k) { n += at<Items>(k) < count && f(k) ? 1 : 0; });
    return self().sum_over_lanes(n);
  }

  template <int Items, class F>
  SADDLE_HD void load_bits(int count, std::uint32_t const* words, F f) const {
    for_each_quad<Items>(count, [&](int q, int n) {
      std::uint32_t four[4];  // of a block, which a plane holds whole
      __builtin_memcpy(four, __builtin_assume_aligned(words + n / 32 * 4, sizeof four), sizeof four);
      SADDLE_UNROLL
      for (int j = 0; j < 4; ++j)
        if (4 * n + j < count) f(4 * q + j, four[j] >> (n % 32) & 1u);
    });
  }

  template <int Bits, int Items, class F>
  SADDLE_HD void store_codes(int count, std::uint8_t* bytes, F f) const {
    static_assert(is_code_width<Bits>, "codes have 2, 4, 8 or 16 bits: for one bit there is store_bits");
    for_each_quad<Items>(count, [&](int q, int n) {
      wide_word_of<Bits> four = 0;
      SADDLE_UNROLL
      for (int j = 0; j < 4; ++j)
        if (4 * n + j < count) four |= static_cast<wide_word_of<Bits>>(f(4 * q + j)) << (Bits * j);
      auto const word = static_cast<word_of<Bits>>(four);
      __builtin_memcpy(__builtin_assume_aligned(bytes + n * static_cast<int>(sizeof word), sizeof word),
                       &word, sizeof word);
    });
  }

  template <int Bits, int Items, class F>
  SADDLE_HD void load_codes(int count, std::uint8_t const* bytes, F f) const {
    static_assert(is_code_width<Bits>, "codes have 2, 4, 8 or 16 bits: for one bit there is store_bits");
    for_each_quad<Items>(count, [&](int q, int n) {
      word_of<Bits> word;
      __builtin_memcpy(&word,
                       __builtin_assume_aligned(bytes + n * static_cast<int>(sizeof word), sizeof word),
                       sizeof word);
      wide_word_of<Bits> const four = word;
      SADDLE_UNROLL
      for (int j = 0; j < 4; ++j)
        if (4 * n + j < count) f(4 * q + j, static_cast<std::uint32_t>(four >> (Bits * j)) & ((1u << Bits) - 1));
    });
  }

  template <int Items>
  SADDLE_HD void random(random_stream const& s, std::uint16_t (&r)[Items]) const {
    static_assert(Items % 4 == 0, "a lane holds whole quads");
    std::uint32_t c[4];
    if constexpr (Items == 4) {  // half of the lanes hold the second half of the bucket
      bool const second = self().lane() >= Lanes / 2;
      random_block(s, static_cast<std::uint32_t>(self().lane() % (Lanes / 2)), c);
      four_numbers(second ? c[2] : c[0], second ? c[3] : c[1], r);
    } else {
      for_each_slot<Items / 2, Lanes, 4>([&](int k) {
        random_block(s, static_cast<std::uint32_t>(k / 4 * Lanes + self().lane()), c);
        four_numbers(c[0], c[1], r + k);
        four_numbers(c[2], c[3], r + Items / 2 + k);
      });
    }
  }

  template <int Items, class F, class Emit>
  SADDLE_HD int compact(int count, F f, Emit emit) const {
    static_assert(Items % 4 == 0, "a lane holds whole quads");
    int total = 0;
    constexpr int most = Items < 16 ? Items : 16;
    for_each_slot<Items, Lanes, most>([&](int first) {  // the counts of four quads share a word, 16 bits each
      std::uint32_t chosen = 0;
      std::uint64_t counts = 0;
      for_each_slot<Items, Lanes, 1, most>([&](int j) {
        if (at<Items>(first + j) < count && f(first + j)) {
          chosen |= 1u << j;
          counts += std::uint64_t{1} << (j / 4 * 16);
        }
      });
      std::uint64_t all;
      std::uint64_t const before = self().exclusive_sum(counts, all);
      for_each_slot<Items, Lanes, 4, most>([&](int quad) {
        int n = total + static_cast<int>(before >> (4 * quad) & 0xFFFFu);
        SADDLE_UNROLL
        for (int j = quad; j < quad + 4; ++j)
          if (chosen >> j & 1u) emit(first + j, at<Items>(first + j), n++);
        total += static_cast<int>(all >> (4 * quad) & 0xFFFFu);
      });
    });
    return total;
  }

  template <int Items, class At, class Value, class T>
  SADDLE_HD void scatter(int pairs, At place_of, Value value, T (&acc)[Items]) const {
    static_assert(Items % 4 == 0, "a lane holds whole quads");
    constexpr int fit = scratch_bytes / (Lanes * static_cast<int>(sizeof(T))),
                  slots = Items < fit ? Items : fit;
    T* const tile = reinterpret_cast<T*>(self().scratch());
    for_each_slot<Items, Lanes, slots>([&](int first) {  // as many quads at a time as the scratch memory holds
      SADDLE_UNROLL
      for (int k = 0; k < slots; ++k) tile[at<Items>(k)] = -T(0);  // what may be added to anything, -0 too
      self().sync();
      for (int n = self().lane(); n < pairs; n += Lanes)
        if (int const i = place_of(n) - first * Lanes; i >= 0 && i < slots * Lanes) tile[i] = value(n);
      self().sync();
      SADDLE_UNROLL  // by the lane that will clear them: no sync() before the next round
          for (int k = 0; k < slots; ++k) acc[first + k] += tile[at<Items>(k)];
    });
    self().sync();
  }

 protected:
  static constexpr int scratch_bytes = 32 * Lanes;

  template <int Items>
  SADDLE_HD int at(int k) const {
    return place<Items, Lanes>(self().lane(), k);
  }

 private:
  /// Four codes, and what they are put together in.
  template <int Bits>
  using wide_word_of = std::conditional_t<Bits == 16, std::uint64_t, std::uint32_t>;
  template <int Bits>
  using word_of = std::conditional_t<Bits >= 8, wide_word_of<Bits>,
                                     std::conditional_t<Bits == 4, std::uint16_t, std::uint8_t>>;

  SADDLE_HD Group const& self() const { return static_cast<Group const&>(*this); }

  /// f(q, n) for the quads of this lane of which a place exists.
  template <int Items, class F>
  SADDLE_HD void for_each_quad(int count, F f) const {
    static_assert(Items % 4 == 0, "a lane holds whole quads");
    for_each_slot<Items, Lanes, 4>([&](int k) {
      if (int const n = k / 4 * Lanes + self().lane(); 4 * n < count) f(k / 4, n);
    });
  }
  SADDLE_HD static void four_numbers(std::uint32_t low, std::uint32_t high, std::uint16_t* r) {
    r[0] = static_cast<std::uint16_t>(low);
    r[1] = static_cast<std::uint16_t>(low >> 16);
    r[2] = static_cast<std::uint16_t>(high);
    r[3] = static_cast<std::uint16_t>(high >> 16);
  }
};

SADDLE_NAMESPACE_END
