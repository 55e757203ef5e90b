#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/codec/compress.hpp"
#include "saddle/compressor/adacomp_residual.hpp"
#include "saddle/compressor/bfloat.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/global_top_k.hpp"
#include "saddle/compressor/half.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/natural.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/random_k.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/ternary.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/core/counter_rng.hpp"

// What the tests of compress and decompress share on the CPU and on the device.
namespace vectors {

/// f(c) for every compressor.
template <class F>
void with_each_compressor(F f) {
  using namespace saddle;
  f(identity{});
  f(qsgd<128, 2>{});
  f(qsgd<512, 4, rounding::nearest>{});
  f(qsgd<512, 8>{});
  f(qsgd<128, 8, rounding::dithered, norm::euclidean>{});
  f(ternary<256>{});
  f(scaled_sign<128>{});
  f(top_k<128, 3>{});
  f(natural<128>{});
  f(half<128>{});
  f(bfloat{});
  f(random_k<128, 5>{});
  f(random_k<512, 64, scaling::plain>{});
  f(adacomp_residual<128, 4>{});
  f(global_top_k<128>{.fraction = 0.03});
  f(global_top_k<128>{.fraction = 0.03, .counts = kept_count::floor});
  f(global_top_k<512>{.fraction = 1});
}

/// Around a quad, a block, a bucket.
inline std::vector<std::int64_t> lengths() { return {0, 1, 2, 3, 5, 127, 128, 129, 511, 512, 513, 1000, 4097}; }

template <class T>
std::vector<T> normals(std::int64_t n, std::uint64_t seed) {
  saddle::random_sequence r({.seed = seed, .use = saddle::purpose::evaluation});
  std::vector<T> v(static_cast<std::size_t>(n));
  for (T& x : v) x = static_cast<T>(r.normal());
  return v;
}

inline std::vector<std::byte> copy_of(saddle::compressed const& message) {
  return {message.bytes().begin(), message.bytes().end()};
}

}  // namespace vectors
