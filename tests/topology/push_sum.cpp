#include "saddle/topology/push_sum.hpp"

#include "../heterogeneous.hpp"
#include "../train/game.hpp"
#include "saddle/algorithm/stochastic_gradient_push.hpp"

namespace push_sum_tests {

using namespace saddle;
using test::vector;

namespace {

/// Three directed graphs in turn, none of them connected by itself, in which workers send to one, two or three others.
mixing_graph changing() {
  mixing_graph g{"changing", 8, {}};
  for (int const shift : {1, 3, 5}) {
    mixing_rows rows(8);
    for (int m = 0; m < 8; ++m) {
      std::vector<edge>& row = rows[static_cast<std::size_t>(m)];
      row.push_back({m, 1});
      if (m != 0 && (m + shift) % 3 != 0) row.push_back({(m * shift + 1) % 8, 1});
      if (m == shift || shift == 1) row.push_back({(m + 7) % 8, 1});
      std::ranges::sort(row, {}, &edge::worker);
      row.erase(std::unique(row.begin(), row.end(), [](edge a, edge b) { return a.worker == b.worker; }), row.end());
    }
    g.rounds.push_back(rows);
  }
  return equal_shares(g);
}
trainer<double> pushed(test::heterogeneous_game const& game, double eta, int threads = 1) {
  return {game, stochastic_gradient_push<>{.optimizer = {eta}, .topology = {changing()}}, loopback{8}, cpu{threads}};
}
vector field(test::heterogeneous_game const& game, std::size_t m, vector const& w) {
  vector g(20);
  game.gradient(point<double const>{std::span(w).first(10), std::span(w).last(10)}, {.worker = static_cast<int>(m)},
                point<double>{std::span(g).first(10), std::span(g).last(10)});
  return g;
}

}  // namespace

TEST_CASE("equal_shares: columns sum to 1, rows do not") {
  mixing_graph const g = changing();
  bool uneven = false;
  for (std::int64_t round = 0; round < 3; ++round)
    for (int j = 0; j < 8; ++j) {
      double column = 0, row = 0;
      for (int m = 0; m < 8; ++m) {
        column += g.weight(round, m, j);
        row += g.weight(round, j, m);
      }
      CHECK(column == doctest::Approx(1).epsilon(1e-15));
      uneven |= std::abs(row - 1) > 0.2;
    }
  CHECK(uneven);
}

TEST_CASE("push_sum is a plain loop over numerators and weights, which both keep their sums") {
  test::heterogeneous_game const game;
  mixing_graph const g = changing();
  auto t = pushed(game, 0.05);
  std::vector<vector> x(8, vector(20)), z = x;
  std::vector<vector> weight(8, vector(1, 1));
  for (std::size_t step = 0; step < 300; ++step) {
    vector expected(20);
    for (std::size_t m = 0; m < 8; ++m) {
      vector const f = field(game, m, z[m]);
      for (std::size_t i = 0; i < 20; ++i) expected[i] += x[m][i] -= 0.05 * f[i];
    }
    x = test::mixed(g.rounds[step % 3], x);
    weight = test::mixed(g.rounds[step % 3], weight);
    for (std::size_t m = 0; m < 8; ++m)
      for (std::size_t i = 0; i < 20; ++i) z[m][i] = x[m][i] / weight[m][0];
    t.step();
    vector sum(20);
    double weights = 0;
    for (int m = 0; m < 8; ++m) {
      std::span<double const> const own = t.array("scalars", m).min;
      auto const j = static_cast<std::size_t>(m);
      REQUIRE(test::distance(test::weights(t, m), z[j]) < 1e-12);
      REQUIRE(own[first_weight] == doctest::Approx(weight[j][0]).epsilon(1e-13));
      REQUIRE(own[first_weight + 1] == own[first_weight]);
      weights += own[first_weight];
      for (std::size_t i = 0; i < 20; ++i) sum[i] += own[first_weight] * test::weights(t, m)[i];
    }
    REQUIRE(weights == doctest::Approx(8).epsilon(1e-14));
    REQUIRE(test::distance(sum, expected) < 1e-11);
  }
  CHECK(std::abs(weight[0][0] - 1) > 0.2);
}

TEST_CASE("push_sum goes to the solution of the uniform mean: its bias halves with the step size") {
  test::heterogeneous_game const game;
  vector const w = game.solution();
  test::halves_with_the_step_size(
      [&](int steps, double eta) {
        auto t = pushed(game, eta);
        t.run(steps);
        return test::distance(t, w);
      },
      3000, 0.01);
}

TEST_CASE("push_sum: one player after the other, each with a weight of its own") {
  test::linear_game const game = test::scattered({{1, 5}, {2, -1}, {-4, 0}, {3, 3}, {0, 1}, {7, 2}, {1, 1}, {-2, 5}});
  auto split = game;
  split.min = split.max = 1;
  trainer<double> t{split, stochastic_gradient_push<alternating_sgda>{.optimizer = {{1}}, .topology = {changing()}},
                    loopback{8}, cpu{}};
  t.run(600);  // they start apart, and only mix
  for (int m = 0; m < 8; ++m) {
    CHECK(test::weights(t, m)[0] == doctest::Approx(-1).epsilon(1e-11));
    CHECK(test::weights(t, m)[1] == doctest::Approx(-2).epsilon(1e-11));
  }
}

TEST_CASE("push_sum: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) { return pushed(noisy, 0.02, threads); });
}

TEST_CASE("push_sum: columns sum to 1, and everyone hears itself") {
  auto const refused = [](mixing_graph graph, char const* words) {
    CHECK_THROWS_WITH_AS(push_sum{std::move(graph)}.check(2, false, false), doctest::Contains(words),
                         std::invalid_argument);
  };
  refused(from_matrix({{0.5, 0.5}, {0.25, 0.75}}, stochastic::rows), "use equal_shares(graph)");
  refused({"by-hand", 2, {{{{0, 0.5}, {1, 0.5}}, {{0, 0.25}, {1, 0.5}}}}, stochastic::columns}, "column 0");
  refused(from_matrix({{0.5, 1}, {0.5, 0}}, stochastic::columns), "hear itself");
  push_sum{from_matrix({{0.5, 0.25}, {0.5, 0.75}}, stochastic::columns)}.check(2, false, false);
  gossip const bare{.graph = from_matrix({{0.5, 0.25}, {0.5, 0.75}}, stochastic::columns)};
  CHECK_THROWS_WITH_AS(bare.check(2, false, false), doctest::Contains("use push_sum"), std::invalid_argument);
}

}  // namespace push_sum_tests
