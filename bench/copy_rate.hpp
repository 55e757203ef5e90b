#pragma once
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "saddle/core/aligned.hpp"

/// Coordinates of a benchmark: 2^27, so that no cache holds an array; SADDLE_BENCH_LOG2_SIZE says otherwise.
inline std::int64_t coordinates() {
  char const* const log2_size = std::getenv("SADDLE_BENCH_LOG2_SIZE");
  return std::int64_t{1} << (log2_size != nullptr ? std::atoi(log2_size) : 27);
}

/// Bytes a second, read and written, of a copy in this process: the best of several.
inline double copy_rate() {
  static double const rate = [] {
    auto const bytes = static_cast<std::size_t>(coordinates()) * sizeof(float);
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
