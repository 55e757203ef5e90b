#include "saddle/core/aligned.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

using namespace saddle;

TEST_CASE_TEMPLATE("aligned_vector: begins on a cache line, of whatever length", T, std::byte, float, double) {
  for (std::size_t n : {1u, 2u, 3u, 17u, 1000u}) {
    aligned_vector<T> const first(n), second(n);
    CHECK(reinterpret_cast<std::uintptr_t>(first.data()) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(second.data()) % 64 == 0);
  }
}
