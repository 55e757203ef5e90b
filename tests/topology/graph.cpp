#include "saddle/topology/graph.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "graphs.hpp"

namespace graph_tests {

using namespace saddle;
using test::at;

namespace {

/// Weights play no part in who hears whom: all rows of a round as lists of workers.
mixing_graph hearing(std::vector<std::vector<std::vector<int>>> const& rounds) {
  mixing_graph g{"", static_cast<int>(rounds[0].size()), {}};
  for (auto const& lists : rounds) {
    mixing_rows& rows = g.rounds.emplace_back();
    for (auto const& list : lists) {
      rows.emplace_back();
      for (int j : list) rows.back().push_back({j, 1.0 / static_cast<double>(list.size())});
    }
  }
  return g;
}
/// Everyone hears itself and the worker `offset` further on.
std::vector<std::vector<int>> shift(int n, int offset) {
  std::vector<std::vector<int>> lists;
  for (int m = 0; m < n; ++m) {
    int const j = (m + offset) % n;
    lists.push_back({std::min(m, j), std::max(m, j)});
  }
  return lists;
}

}  // namespace

TEST_CASE("graphs: rows and columns of every round sum to 1, weights are positive, rows ascend and hear themselves") {
  for (int n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 25})
    for (mixing_graph const& g : test::graphs(n)) {
      CAPTURE(g.name);
      CAPTURE(n);
      CHECK(g.workers == n);
      REQUIRE_FALSE(g.rounds.empty());
      for (std::size_t r = 0; r < g.rounds.size(); ++r) {
        auto const round = static_cast<std::int64_t>(r);
        REQUIRE(g.rounds[r].size() == at(n));
        for (int m = 0; m < n; ++m) {
          double row = 0, column = 0;
          for (int j = 0; j < n; ++j) {
            row += g.weight(round, m, j);
            column += g.weight(round, j, m);
          }
          CHECK(std::abs(row - 1) <= n * std::numeric_limits<double>::epsilon());
          CHECK(std::abs(column - 1) <= n * std::numeric_limits<double>::epsilon());
          int before = -1;
          for (edge const& e : g.row(round, m)) {
            CHECK(e.worker > before);
            CHECK(e.worker < n);
            CHECK(e.weight > 0);
            CHECK(e.weight == g.weight(round, m, e.worker));
            before = e.worker;
          }
          CHECK(g.weight(round, m, m) > 0);
        }
      }
      CHECK(is_connected(g));
    }
}

TEST_CASE("graphs: repeated mixing leaves the average where it was and takes all workers there") {
  for (int n : {2, 3, 5, 8, 9, 12, 16})
    for (mixing_graph const& g : test::graphs(n)) {
      CAPTURE(g.name);
      CAPTURE(n);
      std::vector<double> x(at(n));
      double mean = 0;
      for (int m = 0; m < n; ++m) mean += (x[at(m)] = m * m - 3) / n;
      double const first = mean;
      for (int t = 0; t < 3000; ++t) x = test::mixed(g, t, x);
      mean = 0;
      for (double v : x) mean += v / n;
      CHECK(mean == doctest::Approx(first).epsilon(1e-12));
      for (double v : x) CHECK(v == doctest::Approx(mean).epsilon(1e-10));
    }
}

TEST_CASE("weight: what is heard, and 0 for all others, in every round") {
  mixing_graph const g{"", 4, {{{{1, 0.5}, {3, 0.5}}, {{1, 1}}, {{2, 1}}, {{3, 1}}}, {{{0, 1}}, {}, {}, {}}}};
  CHECK(g.weight(0, 0, 0) == 0);
  CHECK(g.weight(0, 0, 1) == 0.5);
  CHECK(g.weight(0, 0, 2) == 0);
  CHECK(g.weight(0, 0, 3) == 0.5);
  CHECK(g.weight(1, 0, 0) == 1);
  CHECK(g.weight(2, 0, 3) == 0.5);
  CHECK(g.weight(3, 1, 1) == 0);
  CHECK(g.varies());
}

TEST_CASE("is_symmetric: undirected graphs are, directed ones and single wrong weights are not") {
  for (int n : {1, 2, 3, 5, 8, 9}) {
    for (mixing_graph const& g : {ring(n), complete(n), path(n), star(n), torus(1, n), erdos_renyi(n, 0.6, 3)})
      CHECK(is_symmetric(g));
    for (mixing_graph const& g : {directed_ring(n), one_peer_exponential(n)}) CHECK(is_symmetric(g) == (n <= 2));
  }
  CHECK(is_symmetric(exponential(3)));  // everyone, by two offsets
  CHECK_FALSE(is_symmetric(exponential(5)));
  mixing_graph g = path(3);
  g.rounds.push_back(g.rounds[0]);
  CHECK(is_symmetric(g));
  g.rounds[1][2][0].weight += 1e-9;
  CHECK_FALSE(is_symmetric(g));
}

TEST_CASE("is_connected: over a period, and at once") {
  CHECK(is_connected(hearing({{{0}}})));
  CHECK_FALSE(is_connected(hearing({{{0}, {1}}})));
  CHECK(is_connected(hearing({{{0, 1}, {0, 1}}})));
  CHECK_FALSE(is_connected(hearing({{{1}, {0}}})));     // they only swap
  CHECK(is_connected(hearing({{{0, 1}, {0}}})));        // one of them keeps some
  CHECK_FALSE(is_connected(hearing({{{0}, {0, 1}}})));  // worker 0 never hears of worker 1
  CHECK_FALSE(is_connected(hearing({{{0, 1}, {0, 1}, {2, 3}, {2, 3}}})));
  // No round is connected, the period is; and one that stays within the pairs.
  CHECK(is_connected(hearing({{{0, 1}, {0, 1}, {2, 3}, {2, 3}}, {{0, 3}, {1, 2}, {1, 2}, {0, 3}}})));
  CHECK_FALSE(is_connected(hearing({{{0, 1}, {0, 1}, {2, 3}, {2, 3}}, {{1}, {0}, {3}, {2}}})));
  // 2 hears 1, and 1 hears 0, but nobody answers; then 0 hears 2.
  CHECK_FALSE(is_connected(hearing({{{0}, {0, 1}, {1, 2}}})));
  CHECK(is_connected(hearing({{{0, 2}, {0, 1}, {1, 2}}})));
  // A circle with one chord and no worker that hears itself: the slowest there is (Wielandt), (n - 1)^2 + 1 rounds.
  for (int n : {3, 5, 8, 64, 65, 130}) {
    std::vector<std::vector<int>> lists;
    for (int m = 0; m < n; ++m) lists.push_back({(m + 1) % n});
    CHECK_FALSE(is_connected(hearing({lists})));
    lists[at(n - 1)] = {0, 1};
    CHECK(is_connected(hearing({lists})));
  }
  // Around in steps of 3: all of 65 workers, a third of 66.
  CHECK(is_connected(hearing({shift(65, 3)})));
  CHECK_FALSE(is_connected(hearing({shift(66, 3)})));
  CHECK(is_connected(hearing({shift(66, 3), shift(66, 1)})));
  CHECK_FALSE(is_connected(hearing({shift(66, 3), shift(66, 6)})));
}

TEST_CASE("is_connected: as by multiplying who hears whom, for random sequences with few edges") {
  random_sequence random({.seed = 9, .use = purpose::graph});
  int connected = 0;
  for (int run = 0; run < 2000; ++run) {
    int const n = 1 + static_cast<int>(random.below(5)), rounds = 1 + static_cast<int>(random.below(3));
    std::vector<std::vector<std::vector<int>>> lists(at(rounds), std::vector<std::vector<int>>(at(n)));
    for (auto& round : lists)
      for (auto& list : round)
        for (int j = 0; j < n; ++j)
          if (random.uniform() < 1.7 / n) list.push_back(j);
    using matrix = std::vector<std::vector<bool>>;
    auto const times = [&](matrix const& a, matrix const& b) {
      matrix c(at(n), std::vector<bool>(at(n)));
      for (std::size_t i = 0; i < at(n); ++i)
        for (std::size_t k = 0; k < at(n); ++k)
          for (std::size_t j = 0; j < at(n); ++j)
            if (a[i][k] && b[k][j]) c[i][j] = true;
      return c;
    };
    matrix period(at(n), std::vector<bool>(at(n)));
    for (std::size_t i = 0; i < at(n); ++i) period[i][i] = true;
    for (auto const& round : lists) {
      matrix one(at(n), std::vector<bool>(at(n)));
      for (std::size_t m = 0; m < at(n); ++m)
        for (int j : round[m]) one[m][at(j)] = true;
      period = times(one, period);
    }
    matrix many = period;  // of more periods than it can take
    for (int i = 0; i < 6; ++i) many = times(many, many);
    bool all = true;
    for (auto const& row : many) all = all && std::ranges::count(row, true) == n;
    CHECK(is_connected(hearing(lists)) == all);
    connected += all;
  }
  CHECK(connected > 400);
  CHECK(connected < 1600);
}

TEST_CASE("check_graph: whatever makes no mixing matrix is refused, however it was made") {
  auto const refusal = [](mixing_graph const& g) -> std::string {
    try {
      check_graph(g, "gossip");
    } catch (std::invalid_argument const& e) {
      return e.what();
    }
    return "";
  };
  auto const by_hand = [](int workers, std::vector<mixing_rows> rounds, stochastic sums = stochastic::doubly) {
    return mixing_graph{"by-hand", workers, std::move(rounds), sums};
  };
  mixing_rows const halves{{{0, 0.5}, {1, 0.5}}, {{0, 0.5}, {1, 0.5}}};
  for (int n : {1, 2, 3, 5, 8, 16})
    for (mixing_graph const& g : test::graphs(n)) CHECK(refusal(g) == "");
  CHECK(refusal(by_hand(2, {halves})) == "");

  std::string const of_row = "gossip: round 0, row 0 of the graph ";
  // Two islands, and workers that take turns on them.
  mixing_rows const islands{{{0, 0.5}, {1, 0.5}}, {{0, 0.5}, {1, 0.5}}, {{2, 0.5}, {3, 0.5}}, {{2, 0.5}, {3, 0.5}}};
  CHECK(refusal(by_hand(4, {islands})).starts_with("gossip: the graph is not connected"));
  CHECK(refusal(by_hand(4, {islands, islands})).starts_with("gossip: the graph is not connected"));
  CHECK(refusal(by_hand(2, {{{{1, 1}}, {{0, 1}}}})).starts_with("gossip: the graph is not connected"));
  CHECK(refusal(by_hand(2, {{{{0, 1}}, {{1, 1}}}})).starts_with("gossip: the graph is not connected"));
  mixing_rows const others{{{0, 0.5}, {2, 0.5}}, {{1, 0.5}, {3, 0.5}}, {{0, 0.5}, {2, 0.5}}, {{1, 0.5}, {3, 0.5}}};
  CHECK(refusal(by_hand(4, {islands, others})) == "");
  // Rows.
  CHECK(refusal(by_hand(0, {})) == "gossip: there must be at least one worker, not 0");
  CHECK(refusal(by_hand(2, {})) == "gossip: the graph has no rounds");
  CHECK(refusal(by_hand(3, {halves})) == "gossip: round 0 of the graph has 2 rows, not one for each of 3 workers");
  CHECK(refusal(by_hand(2, {halves, {halves[0]}})) ==
        "gossip: round 1 of the graph has 1 rows, not one for each of 2 workers");
  CHECK(refusal(by_hand(2, {{{{0, 0.5}, {2, 0.5}}, halves[1]}})) == of_row + "hears a worker that does not exist");
  CHECK(refusal(by_hand(2, {{{{-1, 0.5}, {1, 0.5}}, halves[1]}})) == of_row + "hears a worker that does not exist");
  std::string const order = of_row + "does not list its workers once each, in ascending order";
  CHECK(refusal(by_hand(2, {{{{1, 0.5}, {0, 0.5}}, halves[1]}})) == order);
  CHECK(refusal(by_hand(2, {{{{0, 0.25}, {0, 0.25}, {1, 0.5}}, halves[1]}})) == order);
  // Weights and sums.
  double const infinite = std::numeric_limits<double>::infinity();
  for (double const wrong : {-0.5, 0.0, infinite, std::nan("")})
    CHECK(refusal(by_hand(2, {{{{0, wrong}, {1, 0.5}}, halves[1]}})).starts_with(of_row + "has a weight that is not"));
  CHECK(refusal(by_hand(2, {{{{0, 0.5}, {1, 0.4}}, halves[1]}})).starts_with(of_row + "does not sum to 1"));
  CHECK(refusal(by_hand(2, {{{}, halves[1]}})).starts_with(of_row + "does not sum to 1"));
  mixing_rows const leaning{{{0, 0.75}, {1, 0.25}}, {{0, 0.5}, {1, 0.5}}};
  CHECK(refusal(by_hand(2, {halves, leaning})) ==
        "gossip: round 1, column 0 of the graph does not sum to 1: the mean would move, which .sums = stochastic::rows "
        "allows");
  CHECK(refusal(by_hand(2, {leaning}, stochastic::rows)) == "");
  mixing_rows const losing{{{0, 0.75}, {1, 0.2}}, halves[1]};
  CHECK(refusal(by_hand(2, {losing}, stochastic::rows)).starts_with(of_row + "does not sum to 1"));
}

TEST_CASE("check_graph: thousands of workers and edges take no time that one would notice") {
  for (mixing_graph const& g : {ring(10000), exponential(10000), random_rings(10000, 1, 8), torus(100, 100)})
    CHECK_NOTHROW(check_graph(g, "gossip"));
}

TEST_CASE("lazy: the mean of the identity and the matrix, also where a row does not hear itself") {
  mixing_graph swap{"swap", 2, {{{{1, 1}}, {{0, 1}}}}};
  for (mixing_graph const& g : {ring(5), one_peer_exponential(8), star(4), swap}) {
    mixing_graph const half = lazy(g);
    CAPTURE(half.name);
    CHECK(half.name == "lazy-" + g.name);
    REQUIRE(half.rounds.size() == g.rounds.size());
    for (std::size_t r = 0; r < g.rounds.size(); ++r)
      for (int m = 0; m < g.workers; ++m)
        for (int j = 0; j < g.workers; ++j) {
          auto const round = static_cast<std::int64_t>(r);
          CHECK(half.weight(round, m, j) == g.weight(round, m, j) / 2 + (m == j ? 0.5 : 0));
        }
  }
}

}  // namespace graph_tests
