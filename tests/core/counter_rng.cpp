#include "saddle/core/counter_rng.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

using namespace saddle;

namespace {

using words = std::array<std::uint32_t, 4>;

template <int Rounds>
words philox_of(words c, std::uint32_t k0, std::uint32_t k1) {
  std::uint32_t x[4] = {c[0], c[1], c[2], c[3]};
  philox<Rounds>(x, k0, k1);
  return {x[0], x[1], x[2], x[3]};
}
words block_of(random_stream const& s, std::uint32_t place = 0) {
  std::uint32_t x[4];
  random_block(s, place, x);
  return {x[0], x[1], x[2], x[3]};
}

constexpr purpose last_purpose = purpose::evaluation;

/// sum of (seen - expected)^2 / expected
double chi_square(std::vector<int> const& seen, double expected) {
  double sum = 0;
  for (int n : seen) sum += (n - expected) * (n - expected) / expected;
  return sum;
}
/// Five standard deviations above its mean.
double chi_square_limit(int cells) { return cells - 1 + 5 * std::sqrt(2.0 * (cells - 1)); }

}  // namespace

TEST_CASE("philox: the known answers published with Random123 (kat_vectors)") {
  words const zeros{}, ones{~0u, ~0u, ~0u, ~0u}, pi{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344};
  CHECK(philox_of<7>(zeros, 0, 0) == words{0x5F6FB709, 0x0D893F64, 0x4F121F81, 0x4F730A48});
  CHECK(philox_of<7>(ones, ~0u, ~0u) == words{0x5207DDC2, 0x45165E59, 0x4D8EE751, 0x8C52F662});
  CHECK(philox_of<7>(pi, 0xA4093822, 0x299F31D0) == words{0x4DFCCABA, 0x190A87F0, 0xC47362BA, 0xB6B5242A});
  CHECK(philox_of<10>(zeros, 0, 0) == words{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8});
  CHECK(philox_of<10>(ones, ~0u, ~0u) == words{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD});
  CHECK(philox_of<10>(pi, 0xA4093822, 0x299F31D0) == words{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1});
}

TEST_CASE("random_block: the counter holds bucket, place, purpose, exchange and worker as it always did") {
  // A change here changes every run of everybody.
  random_stream const s{.seed = 0x0123456789ABCDEF,
                 .use = purpose::coin,
                 .exchange = 0x5A11223344,
                 .worker = 0xABCDEF,
                 .bucket = 0x7E55667788};
  CHECK(block_of(s, 0x9ABC) == philox_of<7>({0x55667788, 0x7E049ABC, 0x11223344, 0x5AABCDEF}, 0x89ABCDEF, 0x01234567));
}

// For one seed philox is a bijection of the counter: two blocks are equal if and only if their counters are.
TEST_CASE("random_block: no two bits of the fields share a bit of the counter") {
  std::vector<std::pair<random_stream, std::uint32_t>> all{{{}, 0}};
  for (int b = 0; b < 40; ++b) all.push_back({{.exchange = std::uint64_t{1} << b}, 0});
  for (int b = 0; b < 40; ++b) all.push_back({{.bucket = std::uint64_t{1} << b}, 0});
  for (int b = 0; b < 24; ++b) all.push_back({{.worker = 1u << b}, 0});
  for (int b = 0; b < 16; ++b) all.push_back({{}, 1u << b});
  for (int u = 1; u <= static_cast<int>(last_purpose); ++u) all.push_back({{.use = static_cast<purpose>(u)}, 0});
  std::set<words> seen;
  for (auto const& [s, place] : all) seen.insert(block_of(s, place));
  CHECK(seen.size() == all.size());
}

TEST_CASE("random_block: fields at their limits do not run into each other") {
  std::size_t blocks = 0;
  std::set<words> seen;
  std::uint64_t const forty = (std::uint64_t{1} << 40) - 1;
  for (int u = 0; u <= static_cast<int>(last_purpose); ++u)
    for (std::uint64_t exchange : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, forty - 1, forty})
      for (std::uint64_t bucket : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, forty - 1, forty})
        for (std::uint32_t worker : {0u, 1u, (1u << 24) - 2, (1u << 24) - 1})
          for (std::uint32_t place : {0u, 1u, 0xFFFEu, 0xFFFFu}) {
            seen.insert(block_of(
                {.seed = 1, .use = static_cast<purpose>(u), .exchange = exchange, .worker = worker, .bucket = bucket},
                place));
            ++blocks;
          }
  CHECK(seen.size() == blocks);
  CHECK(block_of({.seed = 1}) != block_of({.seed = 2}));
  CHECK(block_of({.seed = 1}) != block_of({.seed = 1 + (std::uint64_t{1} << 32)}));
}

TEST_CASE("random_sequence: the words of the stream's blocks in order, and past 2^16 blocks those of the next bucket") {
  random_stream const s{.seed = 3, .use = purpose::latent, .exchange = 7, .worker = 2, .bucket = 5};
  random_stream next = s;
  next.bucket = 6;
  random_sequence r(s);
  std::size_t wrong = 0;
  for (std::uint32_t n = 0; n < (1u << 16) + 3; ++n) {
    words const expected = n < 1u << 16 ? block_of(s, n) : block_of(next, n - (1u << 16));
    for (std::uint32_t word : expected) wrong += r.bits() != word;
  }
  CHECK(wrong == 0);
}

TEST_CASE("random_sequence: uniform lies strictly inside (0, 1) and is uniform") {
  random_sequence r({.seed = 11});
  int const n = 200000, cells = 100;
  std::vector<int> seen(cells);
  double least = 1, most = 0, previous = 0.5, together = 0;
  for (int i = 0; i < n; ++i) {
    double const u = r.uniform();
    least = std::fmin(least, u);
    most = std::fmax(most, u);
    ++seen[static_cast<std::size_t>(u * cells)];
    together += (u - 0.5) * (previous - 0.5);
    previous = u;
  }
  CHECK(least > 0);
  CHECK(most < 1);
  CHECK(least < 1e-3);
  CHECK(most > 1 - 1e-3);
  CHECK(chi_square(seen, static_cast<double>(n) / cells) < chi_square_limit(cells));
  CHECK(std::abs(together / n) < 5 / (12 * std::sqrt(n)));
}

TEST_CASE("random_sequence: below is in range and unbiased") {
  random_sequence r({.seed = 12});
  int const n = 100000;
  for (std::uint32_t range : {1u, 2u, 7u, 64u, 1797u}) {
    std::vector<int> seen(range);
    bool inside = true;
    for (int i = 0; i < n; ++i) {
      std::uint32_t const x = r.below(range);
      inside = inside && x < range;
      if (inside) ++seen[x];
    }
    CHECK(inside);
    CHECK(chi_square(seen, static_cast<double>(n) / range) <= chi_square_limit(static_cast<int>(range)));
  }
  // Of 2^32 words 4/3 fall on each of 3 * 2^30 values: without rejection one value in three would come twice as often.
  std::uint32_t const range = 3u << 30;
  std::vector<int> residue(3);
  bool inside = true;
  for (int i = 0; i < n; ++i) {
    std::uint32_t const x = r.below(range);
    inside = inside && x < range;
    ++residue[x % 3];
  }
  CHECK(inside);
  CHECK(chi_square(residue, n / 3.0) < chi_square_limit(3));
}

TEST_CASE("random_sequence: normal has the moments of a normal, and neighbours are independent") {
  random_sequence r({.seed = 13, .use = purpose::latent});
  int const n = 200000;
  double m[5] = {}, together = 0, previous = 0;
  int within = 0;
  for (int i = 0; i < n; ++i) {
    double const x = r.normal();
    for (int k = 1; k <= 4; ++k) m[k] += std::pow(x, k) / n;
    together += x * previous / n;
    previous = x;
    within += std::abs(x) < 1;
  }
  double const five = 5 / std::sqrt(n);  // standard deviations of a mean of unit variance
  CHECK(std::abs(m[1]) < five);
  CHECK(std::abs(m[2] - 1) < five * std::sqrt(2));
  CHECK(std::abs(m[3]) < five * std::sqrt(15));
  CHECK(std::abs(m[4] - 3) < five * std::sqrt(96));
  CHECK(std::abs(together) < five);
  CHECK(std::abs(within / static_cast<double>(n) - 0.6826894921) < five * 0.4655);
}
