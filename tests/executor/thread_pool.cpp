#include "saddle/executor/thread_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace {

/// How often each index came; one more counter than there are indices.
std::vector<int> times_called(saddle::thread_pool& pool, std::int64_t n, std::int64_t chunk) {
  std::vector<std::atomic<int>> times(static_cast<std::size_t>(n) + 1);
  pool.for_each(n, chunk, [&](std::int64_t i) { ++times[static_cast<std::size_t>(i)]; });
  return {times.begin(), times.end()};
}

}  // namespace

TEST_CASE("every index comes once, around the number of threads and the chunk") {
  for (int const threads : {1, 2, 5}) {
    saddle::thread_pool pool(threads);
    CHECK(pool.threads() == threads);
    for (std::int64_t const chunk : {1, 3, 8})
      for (std::int64_t n = 0; n <= 3 * threads * chunk + 1; ++n) {
        CAPTURE(threads);
        CAPTURE(chunk);
        CAPTURE(n);
        std::vector<int> once(static_cast<std::size_t>(n), 1);
        once.push_back(0);
        REQUIRE(times_called(pool, n, chunk) == once);
      }
  }
}

TEST_CASE("an exception of any index reaches the caller, and the pool goes on") {
  for (int const threads : {1, 2, 5}) {
    saddle::thread_pool pool(threads);
    for (std::int64_t const bad : {0, 1, 50, 99}) {
      CAPTURE(threads);
      CAPTURE(bad);
      CHECK_THROWS_WITH(pool.for_each(100, 1,
                                      [&](std::int64_t i) {
                                        if (i == bad) throw std::runtime_error("bad index");
                                      }),
                        "bad index");
      std::vector<int> once(100, 1);
      once.push_back(0);
      CHECK(times_called(pool, 100, 1) == once);
    }
    CHECK_THROWS_WITH(pool.for_each(100, 1, [](std::int64_t) { throw std::runtime_error("all"); }), "all");
  }
}

TEST_CASE("what the threads wrote is there when the loop returns") {
  saddle::thread_pool pool(4);
  std::vector<std::int64_t> squares(1000);
  for (int repeat = 0; repeat < 20; ++repeat) {
    pool.for_each(1000, 7, [&](std::int64_t i) { squares[static_cast<std::size_t>(i)] = i * i + repeat; });
    for (std::int64_t i = 0; i < 1000; ++i) REQUIRE(squares[static_cast<std::size_t>(i)] == i * i + repeat);
  }
}

TEST_CASE("no threads is no pool") { CHECK_THROWS_AS(saddle::thread_pool(0), std::invalid_argument); }
