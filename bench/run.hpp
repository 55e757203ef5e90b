#pragma once
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

/// Coordinates of a benchmark: 2^log2_size, so that no cache holds an array; SADDLE_BENCH_LOG2_SIZE says otherwise.
inline std::int64_t coordinates(int log2_size) {
  if (char const* const asked = std::getenv("SADDLE_BENCH_LOG2_SIZE"); asked != nullptr) {
    char* end = nullptr;
    long const n = std::strtol(asked, &end, 10);
    if (end == asked || *end != '\0' || n < 10 || n > 34) {
      std::fprintf(stderr, "SADDLE_BENCH_LOG2_SIZE must be a number from 10 to 34, not '%s'\n", asked);
      std::exit(2);
    }
    log2_size = static_cast<int>(n);
  }
  return std::int64_t{1} << log2_size;
}

/// All that are registered, as the options say; 2 for an option that does not exist, or one that leaves none of them.
inline int run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  return benchmark::RunSpecifiedBenchmarks() == 0 ? 2 : 0;
}
