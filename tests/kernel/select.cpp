#include "saddle/kernel/select.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "saddle/saddle.hpp"

using namespace saddle;

namespace {

/// Every worker's gradient is a fixed vector, so that one step of size 1 from the origin sends it.
template <class T>
struct fixed_gradient {
  using scalar = T;
  players counts;
  std::vector<std::vector<T>> g;  // [worker][min, then max]
  players sizes() const { return counts; }
  void initial(std::uint64_t, point<T> w) const {
    std::ranges::fill(w.min, T(0));
    std::ranges::fill(w.max, T(0));
  }
  void gradient(point<T const>, sample s, point<T> out) const {
    auto const& mine = g[static_cast<std::size_t>(s.worker)];
    std::copy_n(mine.begin(), out.min.size(), out.min.begin());
    std::copy(mine.begin() + static_cast<std::ptrdiff_t>(out.min.size()), mine.end(), out.max.begin());
  }
};

/// What a stable sort by magnitude keeps of x[first], ..., x[last - 1].
template <class T>
std::vector<T> naive_largest(std::vector<T> const& x, std::size_t first, std::size_t last, std::size_t k) {
  std::vector<std::size_t> order(last - first);
  std::iota(order.begin(), order.end(), first);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return std::abs(x[a]) > std::abs(x[b]); });
  std::vector<T> kept(x.size(), T(0));
  for (std::size_t i = 0; i < k; ++i) kept[order[i]] = x[order[i]];
  return kept;
}

template <class T>
std::vector<T> joined(point<T const> w) {
  std::vector<T> all(w.min.begin(), w.min.end());
  all.insert(all.end(), w.max.begin(), w.max.end());
  return all;
}

template <class T>
std::vector<T> few_values(random_sequence& random, std::int64_t n, std::uint32_t values) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (T& v : x) v = static_cast<T>(static_cast<int>(random.below(2 * values + 1)) - static_cast<int>(values));
  return x;
}

}  // namespace

TEST_CASE_TEMPLATE("what is selected is what a stable sort by magnitude keeps", T, float, double) {
  random_sequence random({.use = purpose::evaluation, .bucket = 7});
  for (players const sizes : {players{1, 0}, players{1, 1}, players{127, 130}, players{128, 128}, players{513, 0},
                              players{700, 1400}, players{20000, 50000}})
    for (std::uint32_t const values : {1u, 3u, 1000000u})
      for (double const fraction : {1e-9, 0.01, 0.5, 1.0})
        for (int const threads : {1, 3}) {
          std::int64_t const d = sizes.size();
          auto const x = few_values<T>(random, d, values);
          global_top_k<128> const c{.fraction = fraction};
          trainer t{fixed_gradient<T>{sizes, {x}}, sgda{.step_size = 1}, error_feedback<global_top_k<128>>{c},
                    parameter_server<>{}, loopback{1}, cpu{threads}};
          t.step();
          auto want = naive_largest(x, 0, x.size(), static_cast<std::size_t>(c.kept(d)));
          auto const got = joined(t.weights(0)), owed = joined(t.memory(0));
          for (std::size_t i = 0; i < want.size(); ++i) {
            REQUIRE(got[i] == -want[i]);
            REQUIRE(owed[i] == x[i] - want[i]);
          }
        }
}

TEST_CASE("a phase of one player selects among that player's coordinates") {
  random_sequence random({.use = purpose::evaluation, .bucket = 8});
  players const sizes{600, 300};
  auto const x = few_values<float>(random, sizes.size(), 4);
  global_top_k<128> const c{.fraction = 0.1};
  trainer t{fixed_gradient<float>{sizes, {x}}, alternating_sgda{.step_size = 1},
            error_feedback<global_top_k<128>>{c}, parameter_server<>{}, loopback{1}, cpu{1}};
  t.step();
  auto const min = naive_largest(x, 0, 600, 60), max = naive_largest(x, 600, 900, 30);
  auto const got = joined(t.weights(0));
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == -(i < 600 ? min[i] : max[i]));
  // Two messages: a start a bucket and one more, 6 bytes a pair.
  CHECK(t.report().uplink.payload == 4 * (5 + 1) + 6 * 60 + 4 * (3 + 1) + 6 * 30);
}

TEST_CASE("the server selects from the average of what the workers selected") {
  random_sequence random({.use = purpose::evaluation, .bucket = 9});
  players const sizes{300, 200};
  std::vector<std::vector<float>> const g{few_values<float>(random, 500, 9), few_values<float>(random, 500, 9)};
  global_top_k<128> const up{.fraction = 0.2}, down{.fraction = 0.05};
  trainer t{fixed_gradient<float>{sizes, g}, sgda{.step_size = 1}, error_feedback<global_top_k<128>>{up},
            parameter_server<error_feedback<global_top_k<128>>>{{down}}, loopback{2}, cpu{2}};
  std::vector<float> w(500, 0), owed(500, 0), e0(500, 0), e1(500, 0);
  for (int step = 0; step < 5; ++step) {
    t.step();
    std::vector<float> p0(500), p1(500), q(500);
    for (std::size_t i = 0; i < 500; ++i) p0[i] = g[0][i] + e0[i], p1[i] = g[1][i] + e1[i];
    auto const s0 = naive_largest(p0, 0, 500, 100), s1 = naive_largest(p1, 0, 500, 100);
    for (std::size_t i = 0; i < 500; ++i) {
      e0[i] = p0[i] - s0[i];
      e1[i] = p1[i] - s1[i];
      q[i] = 0.5f * s0[i] + 0.5f * s1[i] + owed[i];
    }
    auto const s = naive_largest(q, 0, 500, 25);
    for (std::size_t i = 0; i < 500; ++i) owed[i] = q[i] - s[i], w[i] -= s[i];
    CHECK(joined(t.weights(0)) == w);
    CHECK(joined(t.weights(1)) == w);
    CHECK(joined(t.memory(1)) == e1);
  }
}

TEST_CASE("public copies hold what was selected of the differences to them") {
  random_sequence random({.use = purpose::evaluation, .bucket = 10});
  players const sizes{200, 100};
  std::vector<std::vector<float>> const g{few_values<float>(random, 300, 9), few_values<float>(random, 300, 9)};
  global_top_k<128> const c{.fraction = 0.1};
  trainer t{fixed_gradient<float>{sizes, g}, sgda{.step_size = 1}, c, gossip{.graph = ring(2), .consensus_step = 0.25},
            loopback{2}, cpu{1}};
  std::vector<std::vector<float>> w(2, std::vector<float>(300, 0)), copy = w;
  for (int step = 0; step < 4; ++step) {
    t.step();
    for (std::size_t m = 0; m < 2; ++m) {
      std::vector<float> p(300);
      for (std::size_t i = 0; i < 300; ++i) w[m][i] -= g[m][i], p[i] = w[m][i] - copy[m][i];
      auto const sent = naive_largest(p, 0, 300, 30);
      for (std::size_t i = 0; i < 300; ++i) copy[m][i] += sent[i];
    }
    for (std::size_t m = 0; m < 2; ++m)
      for (std::size_t i = 0; i < 300; ++i)
        w[m][i] += 0.25f * ((0.5f * copy[0][i] + 0.5f * copy[1][i]) - copy[m][i]);
    for (std::size_t m = 0; m < 2; ++m) CHECK(joined(t.weights(static_cast<int>(m))) == w[m]);
  }
}

TEST_CASE("a fraction outside (0, 1] is refused") {
  for (double const fraction : {0.0, -1.0, 1.5})
    CHECK_THROWS_WITH_AS((trainer{fixed_gradient<float>{{1, 0}, {{1}}}, sgda{},
                                  error_feedback<global_top_k<>>{{.fraction = fraction}}, parameter_server<>{},
                                  loopback{1}, cpu{1}}),
                         doctest::Contains("fraction lies in (0, 1]"), std::invalid_argument);
}
