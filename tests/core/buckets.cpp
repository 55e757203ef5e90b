#include "saddle/core/buckets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
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
          CHECK(b.begin % code_block == 0);
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

namespace {

std::int64_t up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

}  // namespace

TEST_CASE("tensor_layout: each tensor is cut as if it were alone, without gaps in the arrays and padded in a message") {
  std::vector<std::vector<std::int64_t>> const lists{{}, {1}, {128}, {1, 1}, {127, 128, 129}, {513, 1, 511, 512},
                                                     {0, 3, 0, 700, 0}, {2 * 512 + 3, 130, 1, 1, 1, 5 * 512}};
  for (int const length : {128, 512})
    for (auto const& min : lists)
      for (auto const& max : lists) {
        if (min.empty() && max.empty()) continue;  // which says that nothing is kept apart
        CAPTURE(length);
        tensor_sizes const tensors{min, max};
        players sizes;
        for (std::int64_t const n : min) sizes.min += n;
        for (std::int64_t const n : max) sizes.max += n;
        tensor_layout const owner(sizes, length, tensors);
        bucket_layout const l = owner.on_host();
        REQUIRE(l.keeps_tensors_apart());

        std::int64_t index = 0, in_message = 0, coordinates = 0;
        int place = 0;
        for (int p = 0; p < 2; ++p) {
          std::int64_t in_arrays = in_message;  // a player begins at the same place in both
          CHECK(l.begin_of(p) == in_arrays);
          CHECK(l.first_bucket(p) == index);
          CHECK(l.of(p).first == index);
          for (std::int64_t const n : tensors[static_cast<std::size_t>(p)]) {
            if (n == 0) continue;
            placed_tensor const t = l.tensor_at(place++);
            CHECK(t.size == n);
            CHECK(t.player == p);
            CHECK(l.of(t) == bucket_range{index, index + (n + length - 1) / length});
            CHECK(l.coordinates(l.of(t)) == n);
            for (std::int64_t from = 0; from < n; from += length) {
              bucket const b = l.at(index);
              CHECK(b.index == index);
              CHECK(b.player == p);
              CHECK(b.count == std::min<std::int64_t>(length, n - from));
              CHECK(b.begin == in_arrays + from);
              CHECK(b.begin_in_message() == in_message + from);
              CHECK(l.begin_at(index) == b.begin);
              CHECK(l.begin_in_message(index) == b.begin_in_message());
              CHECK(l.coordinates({0, index}) == coordinates + from);
              ++index;
            }
            in_arrays += n;
            in_message += up(n, code_block);
            coordinates += n;
          }
          CHECK(l.of(p).last == index);
          CHECK(l.padded(p) == in_message - l.begin_of(p));
          CHECK(in_arrays <= in_message);
        }
        CHECK(l.tensors() == place);
        CHECK(l.buckets() == index);
        CHECK(l.padded() == in_message);
        CHECK(l.begin_at(index) == in_message);
        CHECK(l.begin_in_message(index) == in_message);
        CHECK(l.of(-1) == bucket_range{0, index});
        CHECK(l.coordinates(l.of(-1)) == sizes.size());

        for (int p = -1; p < 2; ++p) {
          std::vector<bucket_range> found, expected;
          l.for_each_selection(l.of(p), [&](bucket_range const& r) { found.push_back(r); });
          for (int n = 0; n < place; ++n)
            if (p < 0 || l.tensor_at(n).player == p) expected.push_back(l.of(l.tensor_at(n)));
          CHECK(found == expected);
        }
      }
}

TEST_CASE("tensor_layout: one tensor a player is the layout without tensors; and so is no tensor at all") {
  for (std::int64_t const min : {0, 1, 128, 1025})
    for (std::int64_t const max : {0, 127, 513}) {
      bucket_layout const plain{{min, max}, 512};
      tensor_layout const whole({min, max}, 512, {}), one({min, max}, 512, {std::vector{min}, std::vector{max}});
      CHECK_FALSE(whole.on_host().keeps_tensors_apart());
      for (bucket_layout const& l : {whole.on_host(), one.on_host()}) {
        CHECK(l.padded(0) == plain.padded(0));
        CHECK(l.padded() == plain.padded());
        CHECK(l.buckets(0) == plain.buckets(0));
        REQUIRE(l.buckets() == plain.buckets());
        for (std::int64_t i = 0; i < l.buckets(); ++i) {
          CHECK(l.at(i).begin == plain.at(i).begin);
          CHECK(l.at(i).begin_in_message() == plain.at(i).begin);
          CHECK(l.at(i).count == plain.at(i).count);
          CHECK(l.at(i).player == plain.at(i).player);
        }
      }
      std::vector<bucket_range> found;
      plain.for_each_selection(plain.of(-1), [&](bucket_range const& r) { found.push_back(r); });
      CHECK(found == std::vector{plain.of(-1)});  // both players together
    }
}
