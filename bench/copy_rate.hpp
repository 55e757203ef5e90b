#pragma once
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "saddle/core/aligned.hpp"

/// Bytes a second, read and written, of a copy of so many floats in this process: the best of several.
inline double copy_rate(std::int64_t coordinates) {
  static double const rate = [=] {
    auto const bytes = static_cast<std::size_t>(coordinates) * sizeof(float);
    saddle::aligned_vector<std::byte> const from(bytes, std::byte{1});
    saddle::aligned_vector<std::byte> to(bytes, std::byte{0});
    double best = 0;
    for (int i = 0; i < 7; ++i) {
      auto const start = std::chrono::steady_clock::now();
      std::memcpy(to.data(), from.data(), bytes);
      benchmark::ClobberMemory();
      std::chrono::duration<double> const t = std::chrono::steady_clock::now() - start;
      best = std::max(best, 2 * static_cast<double>(bytes) / t.count());
    }
    return best;
  }();
  return rate;
}
