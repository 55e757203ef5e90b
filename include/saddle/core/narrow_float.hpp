#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"

SADDLE_NAMESPACE_BEGIN

/// Numbers of 16 bits as IEEE 754 lays them out: a sign, `Exponent` bits of exponent, the rest of mantissa. 5: half
/// precision (binary16); 8: bfloat16, the upper half of a float. Integer operations and one of floats, which no
/// condition guards, or else loops would not vectorize; kernels give the same bits. No float on the way is a denormal,
/// so that flags that flush these to zero (-ffast-math, nvcc's -ftz=true) change no bit of half precision.
template <int Exponent>
struct narrow_float {
  static_assert(2 <= Exponent && Exponent <= 8, "a float's exponent has 8 bits");
  static constexpr int mantissa = 15 - Exponent;
  static constexpr std::uint32_t infinity = ((1u << Exponent) - 1) << mantissa;

  /// The nearest number, of two the one with an even mantissa; beyond the largest finite number, that one. Not for NaN.
  SADDLE_HD static std::uint16_t code_of(float x) {
    std::uint32_t const bits = __builtin_bit_cast(std::uint32_t, x), size = magnitude_bits(x);
    std::uint32_t const to_even = (1u << (dropped - 1)) - 1 + (size >> dropped & 1u);
    std::uint32_t code = ((size + to_even) >> dropped) - (rebias << mantissa);
    if constexpr (rebias > 0) {  // below the normal numbers: the last place of this sum is that of all of them
      std::uint32_t const sum = magnitude_bits(magnitude(x) + from_magnitude_bits<float>(unit));
      std::uint32_t const small = 0u - (size < (rebias + 1) << 23 ? 1u : 0u);  // all bits, or none
      code = (code & ~small) | ((sum - unit) & small);
    }
    code = code < infinity ? code : infinity - 1;
    return static_cast<std::uint16_t>(code | (bits >> 16 & 0x8000u));
  }
  /// Exact; infinities and NaN stay what they are.
  SADDLE_HD static float value_of(std::uint32_t code) {
    std::uint32_t const size = code & 0x7FFFu;
    std::uint32_t bits = (size << dropped) + (rebias << 23) + (size < infinity ? 0u : rebias << 23);
    if constexpr (rebias > 0) {  // below the normal numbers: so many last places above `unit`
      std::uint32_t const value =
          magnitude_bits(from_magnitude_bits<float>(unit | size) - from_magnitude_bits<float>(unit));
      std::uint32_t const small = 0u - (size < 1u << mantissa ? 1u : 0u);  // all bits, or none
      bits = (bits & ~small) | (value & small);
    }
    return __builtin_bit_cast(float, bits | (code & 0x8000u) << 16);
  }
  /// Whether n codes, little-endian, are those of finite numbers; on the host.
  static bool all_finite(std::uint8_t const* codes, std::int64_t n) {
    bool finite = true;
    for (std::int64_t i = 0; i < n; ++i)
      finite &= ((codes[2 * i] | codes[2 * i + 1] << 8) & 0x7FFF) < static_cast<int>(infinity);
    return finite;
  }

 private:
  static constexpr std::uint32_t dropped = 23 - mantissa;                    // bits of a float's mantissa
  static constexpr std::uint32_t rebias = 127 - ((1u << (Exponent - 1)) - 1);  // what a float's exponent field has more
  static constexpr std::uint32_t unit = (rebias + 1 + dropped) << 23;  // the float whose last place is that of denormals
};

SADDLE_NAMESPACE_END
