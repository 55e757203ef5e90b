#include "saddle/core/narrow_float.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <type_traits>

using namespace saddle;

namespace {

template <int Exponent>
using format = std::integral_constant<int, Exponent>;

/// Sign, exponent and mantissa, by the definition.
double naive_value(int exponent_bits, int code) {
  int const mantissa_bits = 15 - exponent_bits, mantissa = code & ((1 << mantissa_bits) - 1);
  int const exponent = code >> mantissa_bits & ((1 << exponent_bits) - 1), bias = (1 << (exponent_bits - 1)) - 1;
  double const fraction = std::ldexp(mantissa, -mantissa_bits);
  double value = exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, exponent - bias);
  if (exponent == (1 << exponent_bits) - 1)
    value = mantissa == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  return code >> 15 ? -value : value;
}

float above(float x) { return std::nextafter(x, std::numeric_limits<float>::infinity()); }
float below(float x) { return std::nextafter(x, -std::numeric_limits<float>::infinity()); }

}  // namespace

TEST_CASE_TEMPLATE("every number of 16 bits is itself as a float, and comes back", F, format<5>, format<8>) {
  using narrow = narrow_float<F::value>;
  int wrong = 0;
  for (int code = 0; code < 65536; ++code) {
    float const x = narrow::value_of(static_cast<std::uint32_t>(code));
    double const value = naive_value(F::value, code);
    if (std::isnan(value)) {
      wrong += !std::isnan(x);
      continue;
    }
    wrong += x != value || std::signbit(x) != std::signbit(value);
    int const largest = static_cast<int>(narrow::infinity) - 1;
    wrong += narrow::code_of(x) != (std::isinf(x) ? (code & 0x8000) | largest : code);
  }
  CHECK(wrong == 0);
}

// With the numbers themselves this is all floats: rounding is monotone between neighbours.
TEST_CASE_TEMPLATE("between two neighbours goes the nearer one, in the middle the even one", F, format<5>, format<8>) {
  using narrow = narrow_float<F::value>;
  int wrong = 0;
  for (std::uint32_t code = 0; code + 1 < narrow::infinity; ++code) {
    float const low = narrow::value_of(code), high = narrow::value_of(code + 1);
    float const middle = low + (high - low) / 2;  // one more place than a narrow number has: exact
    std::uint32_t const even = code % 2 == 0 ? code : code + 1;
    for (float const sign : {1.0f, -1.0f}) {
      std::uint32_t const s = sign < 0 ? 0x8000u : 0u;
      wrong += narrow::code_of(sign * middle) != (s | even);
      wrong += narrow::code_of(sign * below(middle)) != (s | code);
      wrong += narrow::code_of(sign * above(middle)) != (s | (code + 1));
      wrong += narrow::code_of(sign * above(low)) != (s | code);
      wrong += narrow::code_of(sign * below(high)) != (s | (code + 1));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("beyond the largest number it is the largest", F, format<5>, format<8>) {
  using narrow = narrow_float<F::value>;
  float const largest = narrow::value_of(narrow::infinity - 1);
  CHECK(largest == (F::value == 5 ? 65504.0f : 0x1.FEp127f));
  for (float const x : {above(largest), largest * (1 + 0x1p-12f), std::numeric_limits<float>::max(),
                        std::numeric_limits<float>::infinity()}) {
    CHECK(narrow::code_of(x) == narrow::infinity - 1);
    CHECK(narrow::code_of(-x) == (0x8000u | (narrow::infinity - 1)));
  }
}

// The compiler's own conversions, over floats of all exponents and with all patterns of the bits that are dropped.
namespace {

template <class Native, int Exponent>
void agrees_with(narrow_float<Exponent>) {
  int wrong = 0;
  for (std::uint32_t high = 0; high < 65536; ++high)
    for (std::uint32_t const low : {0u, 1u, 0xFFFu, 0x1000u, 0x1001u, 0x3000u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      float const x = std::bit_cast<float>(high << 16 | low);
      auto const code = narrow_float<Exponent>::code_of(x);
      auto const native = std::bit_cast<std::uint16_t>(static_cast<Native>(x));
      if (!std::isfinite(x) || (native & 0x7FFFu) >= narrow_float<Exponent>::infinity) continue;
      wrong += code != native;
      wrong += narrow_float<Exponent>::value_of(code) != static_cast<float>(std::bit_cast<Native>(code));
    }
  CHECK(wrong == 0);
}

}  // namespace

#ifdef __FLT16_MAX__
TEST_CASE("half precision is the compiler's _Float16") { agrees_with<_Float16>(narrow_float<5>{}); }
#endif
#ifdef __BFLT16_MAX__
TEST_CASE("bfloat16 is the compiler's __bf16") { agrees_with<__bf16>(narrow_float<8>{}); }
#endif
