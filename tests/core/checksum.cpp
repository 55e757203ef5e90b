#include "saddle/core/checksum.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

using namespace saddle;

namespace {

using bytes = std::vector<std::uint8_t>;

std::uint64_t sum_of(std::span<std::uint8_t const> all) {
  checksum c;
  c.add(all);
  return c.value();
}
bytes ascending(std::size_t n) {
  bytes b(n);
  for (std::size_t i = 0; i < n; ++i) b[i] = static_cast<std::uint8_t>(37 * i + 1);
  return b;
}
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}
/// The definition, from the last word to the first.
std::uint64_t backwards(bytes b) {
  std::size_t const length = b.size();
  b.resize((length + 7) / 8 * 8);
  std::uint64_t sum = 0;
  for (std::size_t word = b.size() / 8; word-- > 0;) {
    std::uint64_t x = 0;
    for (std::size_t i = 8; i-- > 0;) x = x << 8 | b[8 * word + i];
    sum += mix(x + 0x9E3779B97F4A7C15 * (word + 1));
  }
  return mix(sum ^ length);
}

}  // namespace

TEST_CASE("checksum: words may be added in any order") {
  for (std::size_t n = 0; n < 70; ++n) CHECK(sum_of(ascending(n)) == backwards(ascending(n)));
}

TEST_CASE("checksum: whole words may come in parts") {
  bytes const b = ascending(61);
  for (std::size_t cut = 0; cut <= 56; cut += 8) {
    checksum c;
    c.add(std::span(b).first(cut));
    c.add(std::span(b).subspan(cut));
    CHECK(c.value() == sum_of(b));
  }
}

TEST_CASE("checksum: a change of one bit, a swap of two words and a zero at the end change it") {
  bytes const b = ascending(40);
  std::set<std::uint64_t> seen{sum_of(b)};
  for (std::size_t i = 0; i < b.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      bytes changed = b;
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ 1 << bit);
      seen.insert(sum_of(changed));
    }
  CHECK(seen.size() == 1 + 40 * 8);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      bytes swapped = b;
      for (std::size_t k = 0; k < 8; ++k) std::swap(swapped[8 * i + k], swapped[8 * j + k]);
      seen.insert(sum_of(swapped));
    }
  CHECK(seen.size() == 1 + 40 * 8 + 10);

  std::set<std::uint64_t> zeros, tails;
  bytes tail = b;
  for (std::size_t n = 0; n < 40; ++n) {
    zeros.insert(sum_of(bytes(n)));
    tails.insert(sum_of(tail));
    tail.push_back(0);
  }
  CHECK(zeros.size() == 40);
  CHECK(tails.size() == 40);
}

TEST_CASE("checksum: values count as their bytes") {
  std::vector<float> const x{1, -2, 3};
  auto const raw = std::as_bytes(std::span(x));
  checksum a, b;
  a.add(std::span(x));
  b.add(raw);
  CHECK(a.value() == b.value());
}
