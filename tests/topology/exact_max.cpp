#include "saddle/topology/exact_max.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../heterogeneous.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"

namespace exact_max_tests {

using namespace saddle;

namespace {

using vector = std::vector<double>;

vector part(trainer<double> const& t, int worker, int player) {
  auto const w = t.weights(worker).of(player);
  return {w.begin(), w.end()};
}
/// Of the maximizing player, what a worker would have of its neighbours' on a ring after so many rounds.
std::vector<vector> mixed(trainer<double> const& t, mixing_graph const& graph, int rounds) {
  std::vector<vector> y;
  for (int m = 0; m < 8; ++m) y.push_back(part(t, m, 1));
  for (int r = 0; r < rounds; ++r) {
    std::vector<vector> next(8, vector(y[0].size()));
    for (int m = 0; m < 8; ++m)
      for (edge const& e : graph.row(r, m))
        for (std::size_t i = 0; i < y[0].size(); ++i)
          next[static_cast<std::size_t>(m)][i] += e.weight * y[static_cast<std::size_t>(e.worker)][i];
    y = next;
  }
  return y;
}

}  // namespace

TEST_CASE("exact_max: with exact messages it is gossip, whose maximizing player is looked at before it is mixed") {
  test::heterogeneous_game const noisy(0.3);
  for (int rounds : {1, 3}) {
    gossip const talk{.graph = ring(8), .rounds = rounds};
    auto a = test::trainer_of(noisy, sgda{0.05}, identity{}, exact_max{talk});
    auto b = test::trainer_of(noisy, sgda{0.05}, identity{}, talk);
    for (int step = 0; step < 100; ++step) {
      a.step();
      b.step();
      auto const y = mixed(a, talk.graph, rounds);
      for (int m = 0; m < 8; ++m) {
        REQUIRE(part(a, m, 0) == part(b, m, 0));
        REQUIRE(test::distance(y[static_cast<std::size_t>(m)], part(b, m, 1)) < 1e-14);
      }
    }
    CHECK(a.report().uplink.payload == b.report().uplink.payload);
  }
}

TEST_CASE("exact_max: a lossy compressor loses of the minimizing player alone") {
  // Without gradients workers that begin apart come together: the maximizing player as fast as W does.
  test::heterogeneous_game const game;
  auto const make = [&](int threads) {
    return test::trainer_of(game, sgda{[](std::int64_t step) { return step == 1 ? 0.1 : 0.0; }}, top_k<128, 1>{},
                            exact_max{gossip{.graph = ring(8), .consensus_step = 0.1}}, threads);
  };
  auto lossy = make(1);
  lossy.run(1);
  auto y = mixed(lossy, ring(8), 1);
  for (int step = 0; step < 40; ++step) {
    lossy.step();
    for (int m = 0; m < 8; ++m) REQUIRE(test::distance(y[static_cast<std::size_t>(m)], part(lossy, m, 1)) < 1e-14);
    y = mixed(lossy, ring(8), 1);
  }
  double apart = 0;
  for (int m = 0; m < 8; ++m)
    for (int p = 0; p < 2; ++p) {
      double const one = test::distance(part(lossy, m, p), part(lossy, (m + 4) % 8, p));
      if (p == 0) apart = std::max(apart, one);
      else CHECK(one < 1e-3);
    }
  CHECK(apart > 1e-2);
  test::is_repeatable(make);
}

TEST_CASE("exact_max: in rounds") {
  test::heterogeneous_game const noisy(0.3);
  gossip const talk{.graph = ring(8)};
  auto a = test::trainer_of(noisy, sgda{0.05}, identity{}, local_steps{exact_max{talk}, 1});
  auto b = test::trainer_of(noisy, sgda{0.05}, identity{}, exact_max{talk});
  auto rare = test::trainer_of(noisy, sgda{0.05}, identity{}, local_steps{exact_max{talk}, 4});
  a.run(100);
  b.run(100);
  rare.run(100);
  CHECK(a.digest() == b.digest());
  CHECK(4 * rare.report().uplink.payload == a.report().uplink.payload);
  CHECK(exact_max{talk}.name() == "exact-max-gossip-ring");
}

}  // namespace exact_max_tests
