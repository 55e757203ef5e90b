#include "saddle/executor/cpu.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine_contract.hpp"
#include "saddle/core/buckets.hpp"

namespace {

/// Counts, in each row, how often a coordinate was given, and writes a sum over its bucket there.
struct touch_body {
  static constexpr int length = 128;
  saddle::bucket_layout layout;
  std::atomic<int>* times;
  float const* x;
  float* sums;

  template <class G>
  void operator()(G const& g, int row, saddle::bucket const& b, int count) const {
    CHECK(count == b.count);
    float const sum = g.template sum<length>(count, [&](int k) { return x[b.begin + k]; });
    for (int i = 0; i < count; ++i) {
      std::int64_t const at = row * layout.padded() + b.begin + i;
      ++times[at];
      sums[at] = sum;
    }
  }
};
static_assert(saddle::bucket_body<touch_body>);

struct touched {
  std::vector<int> times;
  std::vector<float> sums;
  friend bool operator==(touched const&, touched const&) = default;
};
touched run(int threads, saddle::bucket_layout const& layout, int rows, std::int64_t first,
            std::int64_t last) {
  auto const n = static_cast<std::size_t>(rows * layout.padded());
  std::vector<std::atomic<int>> times(n);
  std::vector<float> x(n), sums(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = 1.0f / static_cast<float>(i + 1);
  saddle::cpu::engine engine(saddle::cpu{.threads = threads});
  engine.run(touch_body{layout, times.data(), x.data(), sums.data()}, rows, first, last);
  return {{times.begin(), times.end()}, sums};
}

}  // namespace

TEST_CASE("a body sees every coordinate of the asked buckets once, and no padding; threads change nothing") {
  for (saddle::players const sizes :
       {saddle::players{1, 0}, {127, 1}, {128, 128}, {129, 127}, {5 * 128 + 3, 2 * 128}, {0, 300}}) {
    saddle::bucket_layout const layout{sizes, 128};
    std::int64_t const between = layout.first_bucket(1), all = layout.buckets();
    for (int const rows : {1, 3})
      for (auto const& [first, last] :
           {std::pair{std::int64_t{0}, all}, {std::int64_t{0}, between}, {between, all}}) {
        if (first == last) continue;
        CAPTURE(sizes.min);
        CAPTURE(sizes.max);
        CAPTURE(rows);
        std::vector<int> expected(static_cast<std::size_t>(rows * layout.padded()), 0);
        for (int row = 0; row < rows; ++row)
          for (std::int64_t b = first; b < last; ++b)
            for (int i = 0; i < layout.at(b).count; ++i)
              expected[static_cast<std::size_t>(row * layout.padded() + layout.at(b).begin + i)] = 1;
        auto const one = run(1, layout, rows, first, last);
        CHECK(one.times == expected);
        CHECK(run(2, layout, rows, first, last) == one);
        CHECK(run(5, layout, rows, first, last) == one);
      }
  }
}

TEST_CASE("each calls every index once") {
  saddle::cpu::engine engine(saddle::cpu{.threads = 3});
  CHECK(engine.threads() == 3);
  std::vector<std::atomic<int>> times(10);
  engine.each(10, [&](std::int64_t i) { ++times[static_cast<std::size_t>(i)]; });
  for (auto const& n : times) CHECK(n == 1);
}

TEST_CASE("the engine keeps the contract of engines, on one thread and on several") {
  for (int const threads : {1, 2, 5}) engine_contract::check(saddle::cpu{.threads = threads});
}
