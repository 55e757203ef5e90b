#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// dithered: up or down at random, so that the expectation is exact; nearest: no random numbers, biased.
enum class rounding { dithered, nearest };
/// What the levels divide: the largest magnitude of the bucket, or its Euclidean norm (the published form).
enum class norm { max, euclidean };

/// Quantizes a bucket to s = 2^(Bits - 1) - 1 levels of its norm and a sign.
///
/// message  unit (norm / s): one T a bucket; codes: Bits a coordinate, level + 2^(Bits - 1) if negative
/// payload  sizeof(T) + ceil(Bits count / 8) bytes a bucket
/// promise  dithered: unbiased; max norm omega = (sqrt(1 + (Bucket - 1) / s^2) - 1) / 2, Euclidean norm
///          omega = min(Bucket / s^2, sqrt(Bucket) / s); contracts with delta = 1 - omega where that is positive
///          nearest: biased; max norm delta >= 1 / (1 + (Bucket - 1) / (4 s^2)), Euclidean 1 - Bucket / (4 s^2)
///          Euclidean: only where the norm itself is a finite number
/// dither   u = (r + 1/2) / 2^16 with 16 random bits r: a bias of at most 2^-17 of a level
/// source   Alistarh, Grubic, Li, Tomioka, Vojnovic: QSGD. NeurIPS 2017
template <int Bucket = 512, int Bits = 4, rounding Rounding = rounding::dithered, norm Norm = norm::max>
struct qsgd {
  static_assert(is_bucket_length(Bucket), "qsgd: a bucket has 128, 256, ... or 65,536 coordinates");
  static_assert(Bits == 2 || Bits == 4 || Bits == 8, "qsgd has 2, 4 or 8 bits a coordinate");
  static constexpr int bucket = Bucket;
  static constexpr int levels = (1 << (Bits - 1)) - 1;

 private:
  static constexpr double square_root(double x) {
    double r = x < 1 ? 1 : x;
    for (int i = 0; i < 64; ++i) r = (r + x / r) / 2;
    return r;
  }
  static constexpr double s = levels, variance =
                                          Norm == norm::max ? (square_root(1 + (Bucket - 1) / (s * s)) - 1) / 2
                                                            : std::min(Bucket / (s * s), square_root(Bucket) / s);
  static constexpr double nearest_delta =
      Norm == norm::max ? 1 / (1 + (Bucket - 1) / (4 * s * s)) : std::max(0.0, 1 - Bucket / (4 * s * s));

 public:
  static constexpr double omega = Rounding == rounding::dithered ? variance : no_omega;
  static constexpr double delta = Rounding == rounding::dithered ? std::max(0.0, 1 - variance) : nearest_delta;

  static std::string name() {
    return "qsgd<" + std::to_string(Bucket) + "," + std::to_string(Bits) +
           (Rounding == rounding::dithered ? ",dithered" : ",nearest") + (Norm == norm::max ? ",max>" : ",euclidean>");
  }

  template <class T>
  struct message {
    T* unit;
    std::uint8_t* codes;
  };
  template <class T>
  static constexpr std::array planes{plane{.per_bucket = sizeof(T)}, plane{.bits_per_coordinate = Bits}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return static_cast<std::int64_t>(sizeof(T)) + (Bits * count + 7) / 8;
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const& random,
                        message<T> out) const {
    T const largest = largest_magnitude(g, count, p);
    // A power of two brings the bucket to where neither its squares nor 1 / norm leave the numbers.
    T const up = unscaling(largest);
    T length = largest * up;
    if constexpr (Norm == norm::euclidean)
      length = std::sqrt(g.template sum<Items>(count, [&](int k) { return (p[k] * up) * (p[k] * up); }));
    T const per_level = length > 0 ? T(levels) / length : T(0);
    // Where the norm is too large for a number, so would the last level be.
    T const most = from_magnitude_bits<T>(infinity_bits<T> - 4) / T(levels), exact = length / T(levels) / up;
    T const unit = exact < most ? exact : most;
    if (g.lane() == 0) *out.unit = unit;

    std::uint32_t code[Items];
    auto const quantize = [&](int k, T dither) SADDLE_INLINE_LAMBDA {
      int const level = static_cast<int>(magnitude(p[k]) * up * per_level + dither);
      int const kept = level < levels ? level : levels;  // the largest may round past the last level
      T const value = static_cast<T>(kept) * unit;
      bool const negative = p[k] < 0;
      sent[k] = negative ? -value : value;
      code[k] = static_cast<std::uint32_t>(kept) | (negative ? 1u << (Bits - 1) : 0u);
    };
    if constexpr (Rounding == rounding::dithered) {
      std::uint16_t r[Items];
      g.random(random, r);
      for_each_item<Items>(g, count,
                           [&](int k, int) { quantize(k, (static_cast<T>(r[k]) + T(0.5)) * T(0x1p-16)); });
    } else {
      for_each_item<Items>(g, count, [&](int k, int) { quantize(k, T(0.5)); });
    }
    g.template store_codes<Bits, Items>(count, out.codes, [&](int k) { return code[k]; });
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    T const step = weight * *in.unit;
    g.template load_codes<Bits, Items>(count, in.codes, [&](int k, std::uint32_t code) {
      T const value = static_cast<T>(static_cast<int>(code & ((1u << (Bits - 1)) - 1))) * step;
      acc[k] += code >> (Bits - 1) ? -value : value;
    });
  }
  /// Every code is a level and a sign.
  template <class T>
  char const* flaw_in(message<T> in, int) const {
    return *in.unit >= 0 && is_finite(T(levels) * *in.unit) ? nullptr : "the last level is negative or not finite";
  }
};

static_assert(compressor<qsgd<>> && is_unbiased<qsgd<>> && !contracts<qsgd<512, 4>> && contracts<qsgd<512, 8>>);

SADDLE_NAMESPACE_END
