// The loop over a graph with exact messages, against plain loops over the published iterations.
#include "saddle/exchange/rule.hpp"

#include "game.hpp"

#include <cmath>

#include "saddle/topology/mixing_matrix.hpp"

namespace gossip_tests {

using namespace saddle;
using test::vector;

namespace {

template <class O>
trainer<double> over(test::linear_game const& game, O o, gossip g) {
  return {game, o, identity{}, std::move(g), loopback{game.workers()}, cpu{}};
}

}  // namespace

TEST_CASE("combine_then_adapt takes the gradient at the unmixed weights, to the bit, and is not DPOSG") {
  auto const game = test::smg();
  double const eta = 0.05;
  int const rounds = 2;
  auto const graph = ring(4);
  gossip const late{.graph = graph, .rounds = rounds, .order = gossip_order::combine_then_adapt};
  auto t = over(game, omd{eta}, late);
  auto dposg = over(game, omd{eta}, {.graph = graph, .rounds = rounds});
  std::vector<vector> x(4, game.start), h = x;
  for (int step = 0; step < 200; ++step) {
    auto y = x;
    for (int r = 0; r < rounds; ++r) y = test::mixed(graph.rounds[0], y);
    for (int m = 0; m < 4; ++m) {
      auto const j = static_cast<std::size_t>(m);
      vector const g = game.field(m, h[j]);
      for (std::size_t i = 0; i < 20; ++i) {
        x[j][i] = y[j][i] - eta * g[i];
        h[j][i] = x[j][i] - eta * g[i];
      }
    }
    t.step();
    for (int m = 0; m < 4; ++m) REQUIRE(test::weights(t, m) == x[static_cast<std::size_t>(m)]);
    REQUIRE(test::distance(test::mean_weights(t), test::average(x)) < 1e-13);
  }
  dposg.run(200);
  CHECK(test::distance(test::mean_weights(t), test::mean_weights(dposg)) > 1e-4);
}

TEST_CASE("adapt_then_combine leaves all equal on a complete graph, combine_then_adapt leaves each its own gradient") {
  auto const game = test::smg();
  double const eta = 0.05;
  auto early = over(game, sgda{eta}, {complete(4)});
  auto late = over(game, sgda{eta}, {.graph = complete(4), .order = gossip_order::combine_then_adapt});
  early.run(50);
  late.run(50);
  CHECK(test::disagreement(early) < 1e-13);
  std::vector<vector> before, g;
  for (int m = 0; m < 4; ++m) {
    before.push_back(test::weights(late, m));
    g.push_back(game.field(m, before.back()));
  }
  late.step();
  vector const mean_gradient = test::average(g);
  double spread = 0;
  for (auto const& one : g) spread += std::pow(test::distance(one, mean_gradient), 2);
  CHECK(test::disagreement(late) == doctest::Approx(eta * std::sqrt(spread)).epsilon(1e-10));
}

TEST_CASE("two rounds are one round with the square of the matrix") {
  auto const game = test::smg();
  auto const once = ring(4);
  mixing_graph squared{"squared", 4, {mixing_rows(4)}};
  for (std::size_t i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      double sum = 0;
      for (edge const& a : once.rounds[0][i])
        for (edge const& b : once.rounds[0][static_cast<std::size_t>(a.worker)])
          if (b.worker == j) sum += a.weight * b.weight;
      squared.rounds[0][i].push_back({j, sum});
    }
  auto twice = over(game, omd{0.05}, {.graph = once, .rounds = 2}), power = over(game, omd{0.05}, {squared});
  auto single = over(game, omd{0.05}, {once});
  twice.run(200);
  power.run(200);
  single.run(200);
  for (int m = 0; m < 4; ++m) {
    CHECK(test::distance(test::weights(twice, m), test::weights(power, m)) < 1e-13);
    CHECK(test::distance(test::weights(twice, m), test::weights(single, m)) > 1e-6);
  }
}

TEST_CASE("gossip by messages multiplies by the mixing matrices, whatever the graph") {
  dense_rows const here{{0.5, 0.5, 0, 0}, {0.5, 0.5, 0, 0}, {0, 0, 0.25, 0.75}, {0, 0, 0.75, 0.25}};
  dense_rows const there{{0.5, 0, 0, 0.5}, {0, 0.5, 0.5, 0}, {0, 0.5, 0.5, 0}, {0.5, 0, 0, 0.5}};
  dense_rows const tilted{{0.5, 0.5, 0, 0}, {0, 0.5, 0.5, 0}, {0.25, 0, 0.25, 0.5}, {0.125, 0, 0.375, 0.5}};
  std::vector<mixing_graph> graphs{from_matrices({here, there}), from_matrix(tilted, stochastic::rows),
                                   from_matrices({here, tilted, there}, stochastic::rows)};
  for (int n : {4, 9})
    for (mixing_graph const& g : {ring(n), directed_ring(n), complete(n), exponential(n), one_peer_exponential(n),
                                  path(n), star(n), torus(n), erdos_renyi(n, 0.5, 2)})
      graphs.push_back(g);
  graphs.push_back(torus(2, 3));
  graphs.push_back(hypercube(8));
  for (mixing_graph const& graph : graphs)
    for (int rounds : {1, 3})
      for (bool with_feedback : {false, true}) {
        CAPTURE(graph.name);
        CAPTURE(rounds);
        int const n = graph.workers;
        std::vector<vector> push;
        for (int m = 0; m < n; ++m) push.push_back(test::normal(10, static_cast<std::uint64_t>(m)));
        gossip const talk{.graph = graph, .rounds = rounds};
        auto const game = test::scattered(push);
        trainer<double> t = with_feedback
                                ? trainer<double>{game, sgda{1}, error_feedback<identity>{}, talk, loopback{n}, cpu{}}
                                : trainer<double>{game, sgda{1}, identity{}, talk, loopback{n}, cpu{}};
        Eigen::MatrixXd x(n, 10);  // a worker a row
        for (int m = 0; m < n; ++m)
          for (int i = 0; i < 10; ++i) x(m, i) = -push[static_cast<std::size_t>(m)][static_cast<std::size_t>(i)];
        for (std::int64_t step = 0, round = 0; step < 8; ++step) {
          t.step();
          for (int r = 0; r < rounds; ++r) x = mixing_matrix(graph, round++) * x;
          for (int m = 0; m < n; ++m) {
            vector const w = test::weights(t, m);
            for (int i = 0; i < 10; ++i) REQUIRE(std::abs(w[static_cast<std::size_t>(i)] - x(m, i)) < 1e-14);
          }
        }
      }
}

}  // namespace gossip_tests
