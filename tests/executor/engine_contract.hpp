#pragma once
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "saddle/core/buckets.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/lanes/concept.hpp"

/// What an executor's engine promises besides run, the same on every executor: see executor/concept.hpp.
namespace engine_contract {

/// Counts each coordinate by its remainder.
struct remainder_body {
  static constexpr int length = 128, bins = 300;
  saddle::bucket_layout layout;

  template <class G, class Counter>
  SADDLE_HD void operator()(G const& g, saddle::bucket const& b, int count, Counter counter) const {
    constexpr int Items = length / G::lanes;
    for (int k = 0; k < Items; ++k)
      if (int const i = saddle::place<Items, G::lanes>(g.lane(), k); i < count)
        counter(static_cast<int>((b.begin + i) % bins));
  }
};

struct increment {
  std::int64_t* x;
  std::int64_t const* by;
  SADDLE_HD void operator()() const { *x += *by; }
};

struct pair_sum {
  std::int64_t a, b;
  SADDLE_HD friend pair_sum operator+(pair_sum const& x, pair_sum const& y) { return {x.a + y.a, x.b + y.b}; }
  friend bool operator==(pair_sum const&, pair_sum const&) = default;
};

template <saddle::executor E>
void check(E const& how) {
  using engine = typename E::engine;
  engine e(how);
  using numbers = typename engine::template array<std::int64_t>;
  auto const back = [&](numbers& from) {
    std::vector<std::int64_t> host(from.size());
    e.read(host.data(), from.data(), host.size());
    return host;
  };

  // Arrays are zero; what is written is read; copies stay in the executor's memory.
  numbers x = e.template allocate<std::int64_t>(1000), y = e.template allocate<std::int64_t>(1000);
  CHECK(back(x) == std::vector<std::int64_t>(1000, 0));
  std::vector<std::int64_t> some(1000);
  std::iota(some.begin(), some.end(), -500);
  e.write(x.data(), some.data(), some.size());
  e.copy(y.data() + 1, x.data(), 999);
  auto const copied = back(y);
  CHECK(copied[0] == 0);
  CHECK(std::equal(copied.begin() + 1, copied.end(), some.begin()));

  // Totals are added to; only the asked buckets count.
  for (saddle::players const sizes : {saddle::players{1, 0}, {128, 1}, {700, 5000}}) {
    saddle::bucket_layout const layout{sizes, 128};
    for (std::int64_t const first : {std::int64_t{0}, layout.first_bucket(1)}) {
      numbers totals = e.template allocate<std::int64_t>(remainder_body::bins);
      std::vector<std::int64_t> expected(remainder_body::bins, 0);
      for (std::int64_t b = first; b < layout.buckets(); ++b)
        for (int i = 0; i < layout.at(b).count; ++i)
          expected[static_cast<std::size_t>((layout.at(b).begin + i) % 300)] += 2;
      for (int twice = 0; twice < 2; ++twice) e.tally(remainder_body{layout}, first, layout.buckets(), totals.data());
      CHECK(back(totals) == expected);
    }
  }

  // Every prefix, of sums of two numbers.
  for (std::size_t const n : std::vector<std::size_t>{1, 2, 1000, 100000}) {
    auto in = e.template allocate<pair_sum>(n), out = e.template allocate<pair_sum>(n);
    std::vector<pair_sum> host(n), sums(n);
    for (std::size_t i = 0; i < n; ++i) host[i] = {static_cast<std::int64_t>(i % 7), -static_cast<std::int64_t>(i)};
    for (std::size_t i = 1; i < n; ++i) sums[i] = sums[i - 1] + host[i - 1];
    e.write(in.data(), host.data(), n);
    e.template reserve_scan<pair_sum>(static_cast<std::int64_t>(n));
    e.exclusive_scan(in.data(), out.data(), static_cast<std::int64_t>(n));
    e.read(host.data(), out.data(), n);
    CHECK(host == sums);
  }

  // A replay runs the kernels of its kind once each time, with what was published last: more steps than are under way
  // at once. A step has a few parts, as between exchanges with other processes, and every third has others; a kind is
  // any number, and none disturbs another.
  typename engine::template staged<std::int64_t> by;
  by.resize(e, 3);
  std::vector<int> kinds(21);
  std::iota(kinds.begin(), kinds.end(), 0);
  kinds.insert(kinds.end(), {1000, std::numeric_limits<int>::max(), -1});
  numbers sums = e.template allocate<std::int64_t>(kinds.size() + 1);
  std::vector<std::int64_t> expected(kinds.size() + 1, 0);
  auto const steps = [&](std::int64_t* into) {
    for (std::int64_t step = 1; step <= 30; ++step) {
      by[2] = step * step;
      by.publish(e);
      for (std::size_t k = 0; k < kinds.size(); ++k) {
        if ((step % 3 == 0) != (k % 2 == 1)) continue;
        e.replay(kinds[k], [&] {
          e.once(increment{into + k, by.there() + 2});
          e.once(increment{into + kinds.size(), by.there() + 2});
        });
        expected[k] += step * step;
        expected[kinds.size()] += step * step;
      }
    }
  };
  steps(sums.data());
  CHECK(back(sums) == expected);

  // What was recorded does not hold when the kernels' pointers have changed.
  numbers moved = e.template allocate<std::int64_t>(kinds.size() + 1);
  e.copy(moved.data(), sums.data(), sums.size());
  e.forget_recordings();
  steps(moved.data());
  CHECK(back(moved) == expected);

  // What is thrown inside comes out, the first time, while it may be recorded, and later; the kind goes on.
  numbers one = e.template allocate<std::int64_t>(1);
  std::int64_t times_run = 0;
  for (int time = 0; time < 8; ++time) {
    bool const throws = time == 0 || time == 2 || time == 4;
    auto const f = [&] {
      if (throws) throw std::runtime_error("from inside");
      e.once(increment{one.data(), by.there() + 2});
    };
    try {
      e.replay(30, f);
      ++times_run;
    } catch (std::runtime_error const& error) {
      CHECK(throws);
      CHECK(std::string(error.what()) == "from inside");
    }
  }
  CHECK(times_run >= 5);
  CHECK(back(one) == std::vector<std::int64_t>{900 * times_run});

  int calls = 0;
  std::vector<int> times(10, 0);
  e.each(10, [&](std::int64_t i) { ++times[static_cast<std::size_t>(i)]; });
  for (int const n : times) calls += n == 1;
  CHECK(calls == 10);
}

}  // namespace engine_contract
