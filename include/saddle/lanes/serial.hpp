#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// One lane: the bucket is a plain loop over a tile, which the compiler turns into vector code.
struct serial_group {
  static constexpr int lanes = 1;
  SADDLE_HD int lane() const { return 0; }
  SADDLE_HD void sync() const {}

  template <int Items, class F>
  SADDLE_HD auto sum(int count, F f) const {
    using T = decltype(f(0));
    constexpr int half = Items / 2;
    T t[half];
    if (count == Items) {
      for (int i = 0; i < half; ++i) t[i] = f(i) + f(i + half);
    } else {
      for (int i = 0; i < half; ++i) t[i] = (i < count ? f(i) : T(0)) + (i + half < count ? f(i + half) : T(0));
    }
    for (int h = half / 2; h > 0; h /= 2) {
      SADDLE_INDEPENDENT
      for (int i = 0; i < h; ++i) t[i] += t[i + h];
    }
    return t[0];
  }

  template <int Items, class F>
  SADDLE_HD auto max(int count, F f) const {
    using U = decltype(f(0));
    U most = 0;
    for (int k = 0; k < count; ++k) {
      U const x = f(k);
      most = x > most ? x : most;
    }
    return most;
  }

  template <int Items, class F>
  SADDLE_HD int count(int count, F f) const {
    int n = 0;
    for (int k = 0; k < count; ++k) n += f(k) ? 1 : 0;
    return n;
  }

  template <int Items, class F>
  SADDLE_HD void store_bits(int count, std::uint32_t* words, F f) const {
    for (int begin = 0; begin < count; begin += code_block, words += code_block / 32) {
      // Sixteen accumulators, four to a word: as wide as the widest vectors.
      std::uint32_t acc[16] = {};
      if (count - begin >= code_block) {
        for (int t = 0; t < code_block / 16; ++t)
          for (int i = 0; i < 16; ++i)
            acc[i] |= static_cast<std::uint32_t>(f(begin + 16 * t + i)) << (4 * t + i / 4);
      } else {
        for (int i = 0; i < count - begin; ++i)
          acc[i % 4] |= static_cast<std::uint32_t>(f(begin + i)) << (i / 4);
      }
      for (int j = 0; j < 4; ++j) words[j] = acc[j] | acc[j + 4] | acc[j + 8] | acc[j + 12];
    }
  }

  template <int Items, class F>
  SADDLE_HD void load_bits(int count, std::uint32_t const* words, F f) const {
    int begin = 0;
    for (; begin + code_block <= count; begin += code_block, words += code_block / 32) {
      std::uint32_t word[16];
      for (int i = 0; i < 16; ++i) word[i] = words[i % 4] >> (i / 4);
      for (int t = 0; t < code_block / 16; ++t) {
        SADDLE_INDEPENDENT
        for (int i = 0; i < 16; ++i) f(begin + 16 * t + i, word[i] >> (4 * t) & 1u);
      }
    }
    for (int i = 0; begin + i < count; ++i) f(begin + i, words[i % 4] >> (i / 4) & 1u);
  }

  template <int Bits, int Items, class F>
  SADDLE_HD void store_codes(int count, std::uint8_t* bytes, F f) const {
    static_assert(is_code_width<Bits>, "codes have 2, 4, 8 or 16 bits: for one bit there is store_bits");
    using code_type = std::conditional_t<Bits == 16, std::uint16_t, std::uint8_t>;
    code_type code[Items + 4];
    std::memset(code + count, 0, 4 * sizeof code[0]);  // absent places of the last quad
    for (int k = 0; k < count; ++k) code[k] = static_cast<code_type>(f(k));
    int const quads = (count + 3) / 4;
    if constexpr (Bits >= 8) {
      std::memcpy(bytes, code, 4 * sizeof code[0] * static_cast<std::size_t>(quads));
    } else {
      for (int n = 0; n < quads; ++n) {  // the four codes of a quad move together, in the bytes of one word
        std::uint32_t x;
        std::memcpy(&x, code + 4 * n, 4);
        if constexpr (Bits == 4) {
          x |= x >> 4;
          auto const y = static_cast<std::uint16_t>((x & 0xFFu) | (x >> 8 & 0xFF00u));
          std::memcpy(bytes + 2 * n, &y, 2);
        } else {
          bytes[n] = static_cast<std::uint8_t>(x | x >> 6 | x >> 12 | x >> 18);
        }
      }
    }
  }

  template <int Bits, int Items, class F>
  SADDLE_HD void load_codes(int count, std::uint8_t const* bytes, F f) const {
    static_assert(is_code_width<Bits>, "codes have 2, 4, 8 or 16 bits: for one bit there is store_bits");
    std::conditional_t<Bits == 16, std::uint16_t, std::uint8_t> code[Items];
    int const quads = (count + 3) / 4;
    if constexpr (Bits >= 8) {
      std::memcpy(code, bytes, 4 * sizeof code[0] * static_cast<std::size_t>(quads));
    } else {
      for (int n = 0; n < quads; ++n) {
        std::uint32_t x;
        if constexpr (Bits == 4) {
          std::uint16_t y;
          std::memcpy(&y, bytes + 2 * n, 2);
          x = (y | static_cast<std::uint32_t>(y) << 8) & 0x00FF00FFu;
          x = (x | x << 4) & 0x0F0F0F0Fu;
        } else {
          x = bytes[n];
          x = (x | x << 6 | x << 12 | x << 18) & 0x03030303u;
        }
        std::memcpy(code + 4 * n, &x, 4);
      }
    }
    SADDLE_INDEPENDENT
    for (int k = 0; k < count; ++k) f(k, std::uint32_t{code[k]});
  }

  template <int Items>
  SADDLE_HD void random(random_stream const& s, std::uint16_t (&r)[Items]) const {
    constexpr int blocks = Items / 8;
    std::uint32_t low[2 * blocks], high[2 * blocks];
    for (int n = 0; n < blocks; ++n) {
      std::uint32_t c[4];
      random_block(s, static_cast<std::uint32_t>(n), c);
      low[2 * n] = c[0];
      low[2 * n + 1] = c[1];
      high[2 * n] = c[2];
      high[2 * n + 1] = c[3];
    }
    std::memcpy(r, low, sizeof low);
    std::memcpy(r + Items / 2, high, sizeof high);
  }

  template <int Items, class F, class Emit>
  SADDLE_HD int compact(int count, F f, Emit emit) const {
    int n = 0;
    for (int begin = 0; begin < count; begin += 64) {  // mark 64 places with vectors, then visit the marked ones
      int const here = count - begin < 64 ? count - begin : 64;
      std::uint8_t chosen[64] = {};
      for (int i = 0; i < here; ++i) chosen[i] = f(begin + i) ? 1 : 0;
      std::uint64_t marks = 0;
      for (int eight = 0; eight < 64; eight += 8) {
        std::uint64_t bytes;
        std::memcpy(&bytes, chosen + eight, 8);
        marks |= (bytes * 0x0102040810204080u >> 56) << eight;  // byte j becomes bit j
      }
      for (; marks != 0; marks &= marks - 1) {
        int const i = begin + trailing_zeros(marks);
        emit(i, i, n++);
      }
    }
    return n;
  }

  template <int Items, class At, class Value, class T>
  SADDLE_HD void scatter(int pairs, At at, Value value, T (&acc)[Items]) const {
    for (int n = 0; n < pairs; ++n) acc[at(n)] += value(n);
  }
};

static_assert(cooperative_group<serial_group>);

SADDLE_NAMESPACE_END
