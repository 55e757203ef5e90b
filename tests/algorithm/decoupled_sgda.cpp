// Decoupled SGDA against a plain loop over players that live on different workers.
#include "saddle/algorithm/decoupled_sgda.hpp"

#include <algorithm>

#include "../heterogeneous.hpp"
#include "../train/game.hpp"

namespace decoupled_sgda_tests {

using namespace saddle;
using test::vector;

namespace {

/// Two players with a curvature of 1 and a coupling of c times a matrix of norm 2.
test::linear_game coupled(double c) {
  test::linear_game game = test::random_game(5, 1, 1, 0.25, true);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 5; ++j) {
      game.matrix[0][i][5 + j] *= c;
      game.matrix[0][5 + j][i] *= c;
    }
  game.matrix.push_back(game.matrix[0]);  // both workers have the same game
  game.offset.push_back(game.offset[0]);
  return game;
}
/// Rounds until the players are at the solution; `most` if they never come there.
int rounds(double c, int every, int most = 400) {
  test::linear_game const game = coupled(c);
  vector const w = test::solution(game);
  trainer<double> t{game, decoupled_sgda<>{.optimizer = {0.1}, .topology = {.every = every}}, loopback{2}, cpu{}};
  for (int round = 1; round < most; ++round) {
    t.run(every);
    if (test::distance(test::weights(t), w) < 1e-10) return round;
  }
  return most;
}

}  // namespace

TEST_CASE("decoupled SGDA: steps against a frozen opponent spare rounds where the coupling is weak") {
  int const weak = rounds(0.1, 1), weak_ten = rounds(0.1, 10);
  MESSAGE(weak, " rounds of 1 step, ", weak_ten, " of 10; strong: ", rounds(1.5, 1), ", ", rounds(1.5, 10));
  CHECK(weak < 300);
  CHECK(weak_ten > weak / 11);
  CHECK(weak_ten < weak / 8);
  CHECK(rounds(1.5, 1) < 400);
  CHECK(rounds(1.5, 10) == 400);  // diverges
}

TEST_CASE("decoupled SGDA with one step a round is simultaneous SGDA, to the bit") {
  test::linear_game game = coupled(0.5);
  trainer<double> apart{game, decoupled_sgda<>{.optimizer = {0.1}}, loopback{2}, cpu{}};
  trainer together{game, sgda{0.1}, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
  for (int step = 0; step < 50; ++step) {
    apart.step();
    together.step();
    for (int m = 0; m < 2; ++m) REQUIRE(test::weights(apart, m) == test::weights(together));
  }
}

TEST_CASE("decoupled SGDA: a player is the mean over its own workers, and they alone move it, compute and send it") {
  test::linear_game const game = test::smg(5);
  trainer<double> t{game, decoupled_sgda<>{.optimizer = {0.05}, .topology = {{{}, 2}, 3}}, loopback{5}, cpu{}};
  std::vector<vector> w(5, game.start);
  for (int step = 1; step <= 60; ++step) {
    for (int m = 0; m < 5; ++m) {
      vector& own = w[static_cast<std::size_t>(m)];
      vector const g = game.field(m, own);
      for (std::size_t i = 0; i < 20; ++i)
        if ((i < 10) == (m < 2)) own[i] -= 0.05 * g[i];
    }
    if (step % 3 == 0)
      for (std::size_t i = 0; i < 20; ++i) {
        double const mean = i < 10 ? (w[0][i] + w[1][i]) / 2 : (w[2][i] + w[3][i] + w[4][i]) / 3;
        for (vector& one : w) one[i] = mean;
      }
    t.step();
    for (int m = 0; m < 5; ++m) REQUIRE(test::distance(test::weights(t, m), w[static_cast<std::size_t>(m)]) < 1e-13);
  }
  CHECK(t.report().uplink.payload == 20 * 5 * 10 * 8);
  CHECK(t.report().downlink.payload == 20 * 5 * 20 * 8);
  test::heterogeneous_game const halves;  // is asked for one player at a time
  auto rounds = test::trainer_of(halves, sgda{0.05}, identity{}, local_steps{separate_players{parameter_server{}, 3}});
  auto steps = test::trainer_of(halves, sgda{0.05}, identity{}, separate_players{parameter_server{}, 3});
  for (int step = 0; step < 50; ++step) {
    rounds.step();
    steps.step();
    REQUIRE(test::distance(rounds, test::weights(steps)) < 1e-14);
  }
  CHECK(test::all_zero({rounds.array("g", 1).max.begin(), rounds.array("g", 1).max.end()}));
  CHECK(test::norm({rounds.array("g", 4).max.begin(), rounds.array("g", 4).max.end()}) > 0);
}

TEST_CASE("decoupled optimistic descent, compressed, one worker a player: exact; of several, repeatable to the bit") {
  using compressed = decoupled_sgda<omd, error_feedback<top_k<128, 2>>>;
  test::linear_game const game = coupled(0.3);
  trainer<double> t{game, compressed{.optimizer = {0.05}, .topology = {.every = 5}}, loopback{2}, cpu{}};
  t.run(5000);
  CHECK(test::distance(test::weights(t, 0), test::solution(game)) < 1e-12);
  CHECK(test::distance(test::weights(t, 1), test::solution(game)) < 1e-12);
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return trainer<double>{noisy, compressed{.optimizer = {0.05}, .topology = {{{}, 3}, 4}}, loopback{8}, cpu{threads}};
  });
}

TEST_CASE("decoupled SGDA: each player has a worker") {
  for (int min_workers : {0, 2})
    CHECK_THROWS_WITH_AS(
        (trainer<double>{coupled(1), decoupled_sgda<>{.topology = {{{}, min_workers}, 1}}, loopback{2}, cpu{}}),
        doctest::Contains("min_workers lies between"), std::invalid_argument);
}

}  // namespace decoupled_sgda_tests
