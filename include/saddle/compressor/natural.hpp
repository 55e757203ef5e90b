#pragma once
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"

SADDLE_NAMESPACE_BEGIN

/// Natural compression: rounds each magnitude to one of the two powers of two around it, at random so that the
/// expectation is exact.
///
/// message  top: one T a bucket, the power of two above its largest magnitude; codes: one byte a coordinate, the sign
///          in the highest bit, and below it n for 2^(n - 127) of `top`, 0 for 0
/// payload  sizeof(T) + count bytes a bucket
/// promise  unbiased; omega = 1/8, reached at 4/3 of a power of two; contracts with delta = 7/8
/// range    every finite number. A magnitude below 2^-126 of `top` goes to that or to 0, unbiased too. Where `top`
///          would overflow, the largest number stands for it, and all powers are lower by half of their last place
/// dither   16 bits, u = (r + 1/2) / 2^16: a bias of at most 2^-17 of a coordinate, that of qsgd. The 23 bits of a
///          float's mantissa would make it zero, at twice the random numbers, which are most of the cost
/// layout   The paper's 9 bits, sign and a float's exponent, are no bytes, and serve no double. An exponent that counts
///          from the bucket's largest fits into 7 bits: all that falls out is below 2^-126 of it
/// source   Horvath, Ho, Horvath, Sahu, Canini, Richtarik: Natural Compression for Distributed Deep Learning. 2019
template <int Bucket = 512>
struct natural {
  static_assert(is_bucket_length(Bucket), "natural: a bucket has 128, 256, ... or 65,536 coordinates");
  static constexpr int bucket = Bucket;
  static constexpr double omega = 1.0 / 8, delta = 1 - omega;
  static std::string name() { return "natural<" + std::to_string(Bucket) + ">"; }

  template <class T>
  struct message {
    T* top;
    std::uint8_t* codes;
  };
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = sizeof(T)}, plane{.bits_per_coordinate = 8}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return static_cast<std::int64_t>(sizeof(T)) + count;
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const& random,
                        message<T> out) const {
    // Two factors, both of them numbers, bring magnitudes below 1; their product need not be one.
    T const largest = largest_magnitude(g, count, p), up = unscaling(largest);
    T const further = unscaling(largest * up) / 2, top = saturated(1 / further / up);
    if (g.lane() == 0) *out.top = top;
    std::uint16_t r[Items];
    std::uint32_t code[Items];
    g.random(random, r);
    for_each_item<Items>(g, count, [&](int k, int) {
      // The exponent of a float below 1 is the code of the power below. The dither is added to the mantissa and carries
      // into it as often as the mantissa says; below the normal numbers as well, where all are as far apart.
      std::uint32_t const bits = magnitude_bits(static_cast<float>(p[k] * up * further));
      std::uint32_t const power = (bits + (std::uint32_t{r[k]} << 7 | 64u)) >> 23;
      T const value = top * static_cast<T>(from_magnitude_bits<float>(power << 23));
      sent[k] = p[k] < 0 ? -value : value;
      code[k] = power | (p[k] < 0 ? 0x80u : 0u);
    });
    g.template store_codes<8, Items>(count, out.codes, [&](int k) { return code[k]; });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    T const step = weight * *in.top;
    g.template load_codes<8, Items>(count, in.codes, [&](int k, std::uint32_t code) {
      T const value = step * static_cast<T>(from_magnitude_bits<float>((code & 0x7Fu) << 23));
      acc[k] += code >> 7 ? -value : value;
    });
  }
  template <class T>
  char const* flaw_in(message<T> in, int) const {
    return *in.top >= 0 && is_finite(*in.top) ? nullptr : "the top is negative or not finite";
  }
};

static_assert(compressor<natural<>> && is_unbiased<natural<>> && contracts<natural<>>);

SADDLE_NAMESPACE_END
