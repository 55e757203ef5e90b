// DPOSG against a plain loop over what the paper says, and its relatives.
#include "saddle/algorithm/dposg.hpp"

#include "../train/game.hpp"

namespace dposg_tests {

using namespace saddle;
using test::vector;

namespace {

template <composition S>
trainer<double> over(test::linear_game const& game, S const& how) {
  return {game, how, loopback{game.workers()}, cpu{}};
}

}  // namespace

TEST_CASE("DPOSG is a plain loop over the published iteration: our h is its Z, to the bit") {
  auto const game = test::smg();
  double const eta = 0.05;
  for (mixing_graph const& graph : {ring(4), complete(4), one_peer_exponential(4), random_rings(4, 1)})
    for (int rounds : {1, 2}) {
      CAPTURE(graph.name);
      CAPTURE(rounds);
      auto t = over(game, dposg<>{.optimizer = {eta}, .topology = {.graph = graph, .rounds = rounds}});
      std::vector<vector> x(4, game.start), z = x, g(4, vector(20));
      for (int step = 0; step < 200; ++step) {
        auto y = x;
        if (step > 0)  // all start at one point: nothing to mix
          for (int r = 0; r < rounds; ++r) {
            auto const round = static_cast<std::size_t>((step - 1) * rounds + r);
            y = test::mixed(graph.rounds[round % graph.rounds.size()], y);
          }
        for (int m = 0; m < 4; ++m) {
          auto const j = static_cast<std::size_t>(m);
          for (std::size_t i = 0; i < 20; ++i) z[j][i] = y[j][i] - eta * g[j][i];
          REQUIRE(test::look_ahead(t, m) == z[j]);
          g[j] = game.field(m, z[j]);
          for (std::size_t i = 0; i < 20; ++i) x[j][i] = y[j][i] - eta * g[j][i];
        }
        vector const before = test::mean_weights(t);
        t.step();
        // Any doubly stochastic matrix leaves the mean to the gradients.
        vector expected = before;
        vector const mean_gradient = test::average(g);
        for (std::size_t i = 0; i < 20; ++i) expected[i] -= eta * mean_gradient[i];
        REQUIRE(test::distance(test::mean_weights(t), expected) < 1e-13);
        REQUIRE(test::distance(test::mean_weights(t), test::average(x)) < 1e-13);
      }
    }
}

TEST_CASE("on a complete graph the mean of DPOSG is DQGAN without compression, and CP-OSG") {
  auto const game = test::smg();
  auto graph = over(game, dposg<>{.optimizer = {0.05}, .topology = {complete(4)}});
  auto server = over(game, dqgan<omd, identity>{{0.05}}), centre = over(game, cp_osg{{0.05}});
  for (int step = 0; step < 300; ++step) {
    graph.step();
    server.step();
    centre.step();
    REQUIRE(centre.digest() == server.digest());
    REQUIRE(test::distance(test::mean_weights(graph), test::weights(server)) < 1e-13);
  }
  CHECK(test::norm(test::weights(server)) > 0.5);
}

TEST_CASE("one worker alone is optimistic mirror descent, to the bit") {
  auto const game = test::smg(1);
  auto alone = over(game, dposg<>{.optimizer = {0.05}, .topology = {ring(1)}});
  trainer plain{game, omd{0.05}, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
  for (int step = 0; step < 200; ++step) {
    alone.step();
    plain.step();
    REQUIRE(alone.digest() == plain.digest());
  }
}

TEST_CASE("with Adam's directions the complete graph and the server agree, and rings drawn anew mix faster than one") {
  auto const game = test::smg(16);
  optimistic_adam const adam{.step_size = 0.01};
  auto const left = [&](auto how, int steps) {
    auto t = over(game, how);
    t.run(steps);
    return t;
  };
  auto const complete_graph = left(dp_oadam{.optimizer = adam, .topology = {complete(16)}}, 100);
  auto const centre = left(cp_oadam{adam}, 100);
  CHECK(test::distance(test::mean_weights(complete_graph), test::weights(centre)) < 1e-10);
  auto const one_ring = left(dp_oadam{.optimizer = adam, .topology = {ring(16)}}, 300);
  auto const many = left(rand_dp_oadam(adam, 16, 3), 300);
  CHECK(test::disagreement(many) < test::disagreement(one_ring) / 2);
  CHECK(test::disagreement(many) > 1e-6);
  CHECK(many.report().uplink == one_ring.report().uplink);
}

}  // namespace dposg_tests
