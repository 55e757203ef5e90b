#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// The unsigned integer as wide as T.
template <class T>
using bits_of = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

/// |x| as an integer. Finite magnitudes order as their bits do, so a maximum of floats becomes an exact,
/// vectorizable, order-free maximum of integers.
template <class T>
SADDLE_HD bits_of<T> magnitude_bits(T x) {
  return __builtin_bit_cast(bits_of<T>, x) & (~bits_of<T>{0} >> 1);
}
template <class T>
SADDLE_HD T from_magnitude_bits(bits_of<T> b) {
  return __builtin_bit_cast(T, b);
}

/// The bits of infinity: a magnitude at or above it is infinite or not a number.
template <class T>
inline constexpr bits_of<T> infinity_bits = sizeof(T) == 8 ? bits_of<T>{0x7FF} << (sizeof(T) == 8 ? 52 : 0)
                                                            : bits_of<T>{0x7F800000u};
template <class T>
inline constexpr bits_of<T> lowest_exponent_bit = infinity_bits<T> & (~infinity_bits<T> + 1);

template <class T>
SADDLE_HD bool is_finite(T x) {
  return magnitude_bits(x) < infinity_bits<T>;
}

template <class T>
SADDLE_HD T finite_or(T x, T otherwise) {
  return is_finite(x) ? x : otherwise;
}

/// Whether all numbers that it has looked at are finite. Cheap inside of a loop: additions vectorize, comparisons do not.
template <class T>
class watch {
 public:
  SADDLE_HD void look_at(T x) { seen_ |= magnitude_bits(x) + lowest_exponent_bit<T>; }
  /// The same of an aggregate of T, which may be empty.
  template <class Value>
  SADDLE_HD void look_at([[maybe_unused]] Value const& v) {
    if constexpr (!std::is_empty_v<Value>) {
      struct numbers {
        T of[sizeof(Value) / sizeof(T)];
      };
      auto const all = __builtin_bit_cast(numbers, v);
      SADDLE_UNROLL
      for (int j = 0; j < static_cast<int>(sizeof(Value) / sizeof(T)); ++j) look_at(all.of[j]);
    }
  }
  SADDLE_HD bool all_finite() const { return seen_ <= ~bits_of<T>{0} >> 1; }

 private:
  bits_of<T> seen_ = 0;  // reaches the bit of the sign from infinity on
};

/// Whether all of x[0] ... x[n - 1] are; on the host.
template <class T>
bool all_finite(T const* x, std::int64_t n) {
  watch<T> all;
  for (std::int64_t i = 0; i < n; ++i) all.look_at(x[i]);
  return all.all_finite();
}

/// x >= 0, or the largest number where it has overflowed.
template <class T>
SADDLE_HD T saturated(T x) {
  return is_finite(x) ? x : from_magnitude_bits<T>(infinity_bits<T> - 1);
}

/// The power of two that brings |x| to [1, 2); to [2, 4) at the upper end of the numbers, lower where x is a denormal.
template <class T>
SADDLE_HD T unscaling(T x) {
  constexpr bits_of<T> lowest = lowest_exponent_bit<T>;
  bits_of<T> const up = infinity_bits<T> - lowest - (magnitude_bits(x) & infinity_bits<T>);
  return from_magnitude_bits<T>(up < lowest ? lowest : up);
}

/// A magnitude without the library call (and without its effect on vectorization).
template <class T>
SADDLE_HD T magnitude(T x) {
  return from_magnitude_bits<T>(magnitude_bits(x));
}

/// How many zeros stand below the lowest one of x, which is not 0.
SADDLE_HD int trailing_zeros(std::uint64_t x) {
#ifdef __CUDA_ARCH__
  return __ffsll(static_cast<long long>(x)) - 1;
#else
  return std::countr_zero(x);
#endif
}

constexpr std::int64_t round_up(std::int64_t n, std::int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

constexpr bool is_power_of_two(std::int64_t n) { return n > 0 && (n & (n - 1)) == 0; }

SADDLE_NAMESPACE_END
