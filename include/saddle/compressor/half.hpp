#pragma once
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/narrow_float.hpp"

SADDLE_NAMESPACE_BEGIN

/// Half precision (IEEE 754 binary16, rounded to nearest even), after a power of two has brought each bucket to the
/// upper end of its range. A plain conversion would lose most directions, which have the step size in them: half
/// precision has 3 digits down to 6e-5 and none below 3e-8.
///
/// message  unit: one T a bucket, the power of two; codes: 16 bits a coordinate
/// payload  sizeof(T) + 2 count bytes a bucket
/// promise  biased; delta = 1 - 2^-22: a coordinate is off by at most 2^-11 of itself or 2^-39 of the bucket's largest
/// range    every finite number, denormals too: the largest of a bucket becomes 2^14 ... 2^15 (denormals: as far up as
///          a unit can say). Where T ends it becomes 2^15 ... 2^16, and what would round to 2^16 stays at half
///          precision's largest number, 65504, within the promise
/// errors   none; double is rounded to float on the way
template <int Bucket = 512>
struct half {
  static_assert(is_bucket_length(Bucket), "half: a bucket has 128, 256, ... or 65,536 coordinates");
  static constexpr int bucket = Bucket;
  static constexpr double delta = 1 - 0x1p-22, omega = no_omega;
  static std::string name() { return "half<" + std::to_string(Bucket) + ">"; }

  template <class T>
  struct message {
    T* unit;
    std::uint8_t* codes;
  };
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = sizeof(T)}, plane{.bits_per_coordinate = 16}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return static_cast<std::int64_t>(sizeof(T)) + 2 * count;
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const&,
                        message<T> out) const {
    // Both factors are numbers; their product need not be. A bucket of denormals is brought up as far as `unit` can say.
    T const largest = largest_magnitude(g, count, p), up = unscaling(largest), first = largest * up;
    constexpr T most = sizeof(T) == 8 ? T(0x1p37) : T(0x1p8);
    T const more = first > 0 && first < 1 ? unscaling(first) : T(1);
    T const further = T(0x1p14) * (more < most ? more : most), unit = 1 / further / up;
    if (g.lane() == 0) *out.unit = unit;
    std::uint32_t code[Items];
    for_each_item<Items>(g, count, [&](int k, int) {
      code[k] = format::code_of(static_cast<float>(p[k] * up * further));
      sent[k] = unit * static_cast<T>(format::value_of(code[k]));
    });
    g.template store_codes<16, Items>(count, out.codes, [&](int k) { return code[k]; });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    T const unit = *in.unit;
    g.template load_codes<16, Items>(count, in.codes, [&](int k, std::uint32_t code) {
      acc[k] += weight * (unit * static_cast<T>(format::value_of(code)));
    });
  }
  template <class T>
  char const* flaw_in(message<T> in, int count) const {
    if (!(*in.unit >= 0 && is_finite(*in.unit * T(65504))))
      return "the unit is negative, or its largest multiple not finite";
    return format::all_finite(in.codes, count) ? nullptr : "a value is not finite";
  }

 private:
  using format = narrow_float<5>;
};

static_assert(compressor<half<>> && contracts<half<>> && !is_unbiased<half<>>);

SADDLE_NAMESPACE_END
