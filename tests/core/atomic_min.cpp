#include "saddle/core/atomic_min.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#include <vector>

using namespace saddle;

TEST_CASE("atomic_min: keeps the least of all threads' values") {
  std::int64_t least = no_coordinate;
  atomic_min(&least, 7);
  atomic_min(&least, 9);
  CHECK(least == 7);
  atomic_min(&least, -3);
  CHECK(least == -3);

  least = no_coordinate;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&least, t] {
      for (std::int64_t i = 20000; i > 0; --i) atomic_min(&least, 4 * i + t);
    });
  for (std::thread& t : threads) t.join();
  CHECK(least == 4);
}
