#pragma once
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/narrow_float.hpp"

SADDLE_NAMESPACE_BEGIN

/// bfloat16: the upper half of a float, rounded to nearest even. It has a float's range and needs no scale.
///
/// message  codes: 16 bits a coordinate
/// payload  2 bytes a coordinate
/// promise  biased; delta = 1 - 2^-16: a coordinate is off by at most 2^-8 of itself (denormals: by 2^-134)
/// range    a float's: beyond its largest number, 0x1.FEp127, a coordinate becomes that; double becomes float first
struct bfloat {
  static constexpr int bucket = any_bucket;
  static constexpr double delta = 1 - 0x1p-16, omega = no_omega;
  static std::string name() { return "bfloat"; }

  template <class T>
  struct message {
    std::uint8_t* codes;
  };
  template <class T>
  static constexpr std::array planes{plane{.bits_per_coordinate = 16}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return std::int64_t{2} * count;
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const&,
                        message<T> out) const {
    std::uint32_t code[Items];
    for_each_item<Items>(g, count, [&](int k, int) {
      code[k] = format::code_of(static_cast<float>(p[k]));
      sent[k] = static_cast<T>(format::value_of(code[k]));
    });
    g.template store_codes<16, Items>(count, out.codes, [&](int k) { return code[k]; });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    g.template load_codes<16, Items>(count, in.codes, [&](int k, std::uint32_t code) {
      acc[k] += weight * static_cast<T>(format::value_of(code));
    });
  }
  template <class T>
  char const* flaw_in(message<T> in, int count) const {
    return format::all_finite(in.codes, count) ? nullptr : "a value is not finite";
  }

 private:
  using format = narrow_float<8>;
};

static_assert(compressor<bfloat> && contracts<bfloat> && !is_unbiased<bfloat>);

SADDLE_NAMESPACE_END
