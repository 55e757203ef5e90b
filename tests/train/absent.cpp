// Workers that are away for a while: simulated{.absences}.
#include "game.hpp"
#include "saddle/transport/simulated.hpp"

namespace absent_tests {

using namespace saddle;
using test::vector;

namespace {

// A step takes a second: step s begins at s - 1.
simulated clockwork(int workers, std::vector<absence> absences = {}) {
  return {.workers = workers,
          .links = {{"none"}},
          .compute = compute_time::constant(1),
          .absences = std::move(absences)};
}
vector weights(trainer<double> const& t, int worker) { return test::joined(t.weights(worker)); }

vector moved(vector w, double step_size, vector const& direction) {
  for (std::size_t i = 0; i < w.size(); ++i) w[i] -= step_size * direction[i];
  return w;
}

}  // namespace

TEST_CASE("a server averages over those who are present") {
  test::linear_game const game = test::smg(4);
  simulated twice = clockwork(4, {{1, 2, 5}, {2, 4, 6}});
  twice.compute = compute_time::constant(0.5);  // a gradient
  trainer<double> t(game, extragradient{0.05}, identity{}, parameter_server<>{}, twice, cpu{});
  vector w = game.start;
  for (int step = 1; step <= 8; ++step) {
    std::vector<int> present{0, 3};
    if (step < 3 || step > 5) present.push_back(1);
    if (step < 5 || step > 6) present.push_back(2);
    vector mean(w.size());
    for (int const m : present) {
      vector const ahead = game.field(m, moved(w, 0.05, game.field(m, w)));
      for (std::size_t i = 0; i < w.size(); ++i) mean[i] += ahead[i] / static_cast<double>(present.size());
    }
    w = moved(w, 0.05, mean);
    t.step();
    CHECK(test::distance(weights(t, 0), w) <= 1e-14);
  }
  CHECK(t.report().simulated->missed == 5);
  CHECK(t.report().simulated->seconds == 8);
  CHECK(t.report().simulated->links[0].messages == 2 * (8 * 4 - 5));
  CHECK(t.report().uplink.total + t.report().downlink.total == t.report().wire_bytes);
}

TEST_CASE("in a graph an absent worker is alone, and its neighbours keep its share") {
  test::linear_game const game = test::smg(4);
  trainer<double> t(game, sgda{0.05}, identity{}, gossip{.graph = ring(4)}, clockwork(4, {{1, 2, 5}}), cpu{});
  std::vector<vector> w(4, game.start);
  double const third = 1.0 / 3;
  for (int step = 1; step <= 8; ++step) {
    bool const away = step >= 3 && step <= 5;
    double const u = away ? 0 : third, kept = third + (away ? third : 0);
    double const matrix[4][4] = {
        {kept, u, 0, third}, {u, away ? 1 : third, u, 0}, {0, u, kept, third}, {third, 0, third, third}};
    std::vector<vector> next(4, vector(w[0].size()));
    for (std::size_t j = 0; j < 4; ++j) {
      if (!away || j != 1) w[j] = moved(w[j], 0.05, game.field(static_cast<int>(j), w[j]));
      for (std::size_t m = 0; m < 4; ++m) next[m] = moved(next[m], -matrix[m][j], w[j]);
    }
    w = next;
    t.step();
    for (int m = 0; m < 4; ++m) CHECK(test::distance(weights(t, m), w[static_cast<std::size_t>(m)]) <= 1e-13);
  }
  CHECK(t.report().uplink.total == t.report().wire_bytes);
  CHECK(t.report().simulated->links[0].messages == 5 * 8 + 3 * 4);
}

TEST_CASE("what is an absent worker's own stays as it was") {
  SUBCASE("error memory at a server; it is at rest when it comes back") {
    trainer<double> t(test::smg(4), omd{0.05}, error_feedback<qsgd<128, 8>>{}, parameter_server<>{},
                      clockwork(4, {{1, 2, 5}}), cpu{});
    t.run(2);
    vector const owed = test::joined(t.memory(1));
    CHECK_FALSE(test::all_zero(owed));
    for (int step = 3; step <= 5; ++step) {
      t.step();
      CHECK(test::joined(t.memory(1)) == owed);
      CHECK(test::joined(t.look_ahead(1)) == weights(t, 0));
      CHECK(test::joined(t.look_ahead(2)) != weights(t, 0));
    }
    t.step();
    CHECK(test::joined(t.memory(1)) != owed);
  }
  SUBCASE("weights and copies in a graph") {
    gossip const talk{.graph = ring(4), .consensus_step = 0.1};
    trainer<double> t(test::smg(4), sgda{0.05}, qsgd<128, 4>{}, talk, clockwork(4, {{1, 2, 50}}), cpu{});
    t.run(2);
    vector const before = weights(t, 1);
    t.run(48);
    CHECK(weights(t, 1) == before);
    t.step();
    CHECK(weights(t, 1) != before);
  }
  SUBCASE("the way from the anchor, until a round brings the server's weights") {
    local_steps const rarely{parameter_server<>{}, 4};
    trainer<double> t(test::smg(3), sgda{0.05}, identity{}, rarely, clockwork(3, {{1, 1, 2}, {2, 6, 9}}), cpu{});
    t.step();
    vector before = weights(t, 1);
    t.step();  // missed
    CHECK(weights(t, 1) == before);
    t.step();
    CHECK(weights(t, 1) != before);
    t.step();
    CHECK(weights(t, 1) == weights(t, 0));
    t.run(2);
    before = weights(t, 2);
    t.step();
    CHECK(weights(t, 2) == before);
    t.step();  // a round that worker 2 misses: it hears of it
    CHECK(weights(t, 2) == weights(t, 0));
    before = weights(t, 2);
    t.step();
    CHECK(weights(t, 2) == before);
    t.step();
    CHECK(weights(t, 2) != before);
  }
  SUBCASE("differences: the sum of the averages stays the average of all copies") {
    trainer<double> t(test::smg(4), sgda{0.05}, ef21<top_k<128, 8>>{}, parameter_server<>{},
                      clockwork(4, {{1, 100, 200}}), cpu{});
    t.run(8000);
    CHECK(test::distance(weights(t, 0), test::solution(test::smg(4))) <= 1e-9);
  }
}

TEST_CASE("methods in which every worker must take part refuse a network from which some go away") {
  test::linear_game const game = test::smg(4);
  auto const run = [&](auto optimizer, auto topology, std::vector<absence> absences) {
    trainer<double>(game, optimizer, identity{}, topology, clockwork(4, std::move(absences)), cpu{}).step();
  };
  exact_diffusion const diffusing{gossip{.graph = lazy(ring(4))}};
  run(masha{}, parameter_server<>{}, {});
  run(sgda{0.05}, diffusing, {});
  char const* const sentence = "absences are set, and in this method every worker must take part";
  CHECK_THROWS_WITH_AS(run(masha{}, parameter_server<>{}, {{1, 2, 5}}), doctest::Contains(sentence),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(run(sgda{0.05}, diffusing, {{1, 2, 5}}), doctest::Contains(sentence), std::invalid_argument);
}

}  // namespace absent_tests
