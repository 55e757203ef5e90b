#include "saddle/core/buckets.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace saddle;

TEST_CASE("bucket_layout: every coordinate lies in exactly one bucket, of its own player") {
  for (int length : {128, 512})
    for (std::int64_t min : {0, 1, 127, 128, 129, length - 1, length, length + 1, 2 * length + 3})
      for (std::int64_t max : {0, 1, 127, 128, 129, length - 1, length, length + 1, 2 * length + 3}) {
        CAPTURE(length);
        CAPTURE(min);
        CAPTURE(max);
        bucket_layout const l{{min, max}, length};
        // 0: padding, 1: the minimizing player's, 2: the maximizing one's
        std::vector<int> owner(static_cast<std::size_t>(l.padded())), covered(owner.size());
        for (std::int64_t i = 0; i < min; ++i) owner[static_cast<std::size_t>(i)] = 1;
        for (std::int64_t i = 0; i < max; ++i) owner[static_cast<std::size_t>(l.padded(0) + i)] = 2;
        for (std::int64_t n = 0; n < l.buckets(); ++n) {
          bucket const b = l.at(n);
          CHECK(b.index == n);
          CHECK(b.begin % block == 0);
          CHECK(b.count >= 1);
          CHECK(b.count <= length);
          CHECK(b.player == (n < l.buckets(0) ? 0 : 1));
          for (int i = 0; i < b.count; ++i) {
            auto const at = static_cast<std::size_t>(b.begin + i);
            REQUIRE(at < covered.size());
            CHECK(covered[at] == 0);
            covered[at] = b.player + 1;
          }
        }
        CHECK(covered == owner);
      }
}

TEST_CASE("bucket_layout: a player is padded to whole blocks, cut into as few buckets as hold it") {
  for (std::int64_t n : {0, 1, 127, 128, 129, 511, 512, 513, 1024}) {
    bucket_layout const l{{n, n}, 512};
    std::int64_t padded = 0, buckets = 0;
    while (padded < n) padded += 128;
    while (buckets * 512 < n) ++buckets;
    CHECK(l.padded(0) == padded);
    CHECK(l.padded(1) == padded);
    CHECK(l.padded() == 2 * padded);
    CHECK(l.buckets(0) == buckets);
    CHECK(l.buckets() == 2 * buckets);
    CHECK(l.begin_of(0) == 0);
    CHECK(l.begin_of(1) == padded);
    CHECK(l.first_bucket(0) == 0);
    CHECK(l.first_bucket(1) == buckets);
  }
}

TEST_CASE("bucket_layout: sizes beyond 32 bits") {
  std::int64_t const huge = std::int64_t{3} << 32;
  bucket_layout const l{{huge, 5}, 512};
  bucket const b = l.at(l.buckets() - 1);
  CHECK(l.buckets() == huge / 512 + 1);
  CHECK(b.begin == huge);
  CHECK(b.count == 5);
  CHECK(b.player == 1);
  CHECK(l.at(huge / 512 - 1).begin == huge - 512);
}
