// Averages of the iterates, and constraints on the players.
#include "saddle/train/settings.hpp"

#include "game.hpp"

#include <limits>
#include <memory>

namespace averaging_tests {

using namespace saddle;
using test::vector;

namespace {

vector averaged(trainer<double> const& t, int worker) { return test::joined(t.averaged_weights(worker)); }

/// The workers' averages follow a plain loop, to the bit.
template <class Keep>
void follows(trainer<double> t, vector const& start, Keep keep) {
  std::vector<vector> mean(static_cast<std::size_t>(t.workers()), start);
  for (int step = 1; step <= 50; ++step) {
    t.step();
    for (int m = 0; m < t.workers(); ++m) {
      vector& one = mean[static_cast<std::size_t>(m)];
      vector const w = test::weights(t, m);
      for (std::size_t i = 0; i < one.size(); ++i) one[i] = keep(step) * one[i] + (1 - keep(step)) * w[i];
      REQUIRE(averaged(t, m) == one);
    }
  }
}

}  // namespace

TEST_CASE("averages follow their formula, to the bit, for every w there is") {
  auto const game = test::bil();
  auto const uniform = [](int t) { return t / (t + 1.0); };
  auto const decaying = [](int) { return 0.9; };
  settings const even{.average = averaging::uniform}, fading{.average = averaging::exponential, .decay = 0.9};
  SUBCASE("server") {
    follows({game, omd{0.1}, identity{}, parameter_server<>{}, loopback{4}, cpu{}, even}, game.start, uniform);
    follows({game, omd{0.1}, identity{}, parameter_server<>{}, loopback{4}, cpu{}, fading}, game.start, decaying);
  }
  SUBCASE("gossip") {
    follows({game, omd{0.1}, identity{}, gossip{ring(4)}, loopback{4}, cpu{}, even}, game.start, uniform);
    follows({game, omd{0.1}, identity{}, gossip{ring(4)}, loopback{4}, cpu{}, fading}, game.start, decaying);
  }
}

TEST_CASE("the uniform average is the mean of all iterates, the start included") {
  auto const game = test::bil(1);
  settings const even{.average = averaging::uniform};
  trainer t{game, omd{0.1}, identity{}, parameter_server<>{}, loopback{1}, cpu{}, even};
  vector sum = game.start;
  CHECK(averaged(t, 0) == game.start);
  for (int step = 0; step < 30; ++step) {
    t.step();
    vector const w = test::weights(t);
    for (std::size_t i = 0; i < 10; ++i) sum[i] += w[i];
  }
  for (double& x : sum) x /= 31;
  CHECK(test::distance(averaged(t, 0), sum) < 1e-14);
}

TEST_CASE("averaging changes no iterate, and without it the average is w") {
  auto const game = test::bil(1);
  settings const even{.average = averaging::uniform};
  trainer with{game, omd{0.1}, identity{}, parameter_server<>{}, loopback{1}, cpu{}, even};
  trainer without{game, omd{0.1}, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
  with.run(30);
  without.run(30);
  CHECK(with.digest() == without.digest());
  CHECK(averaged(without, 0) == test::weights(without));
  CHECK(averaged(with, 0) != test::weights(with));
}

namespace {

/// Runs with a box on each player: w and every point of a gradient stay inside, some on the border; and the
/// same without the maximizing player's box leaves it.
template <class O, class C, class Topology>
void stays_inside(O o, C c, Topology topology) {
  auto game = test::smg();
  double const infinite = std::numeric_limits<double>::infinity();
  double most[2] = {0, 0};  // the largest magnitude of a player at a gradient
  game.also = [&most](sample, vector const& at, vector const&) {
    for (std::size_t i = 0; i < 20; ++i) most[i / 10] = std::max(most[i / 10], std::abs(at[i]));
  };
  for (double limit : {0.05, infinite}) {
    most[0] = most[1] = 0;
    settings const s{.average = averaging::uniform, .min_box = {-0.1, 0.1}, .max_box = {-limit, limit}};
    trainer t{game, o, c, topology, loopback{4}, cpu{}, s};
    double farthest[2] = {0, 0};
    t.run(300, [&](report const&) {
      for (int m = 0; m < 4; ++m)
        for (auto const& w : {test::weights(t, m), averaged(t, m)})
          for (std::size_t i = 0; i < 20; ++i) farthest[i / 10] = std::max(farthest[i / 10], std::abs(w[i]));
    });
    CHECK(farthest[0] == 0.1);
    CHECK(most[0] == 0.1);
    if (limit < infinite) {
      CHECK(farthest[1] == limit);
      CHECK(most[1] == limit);
    } else {
      CHECK(farthest[1] > 0.2);
      CHECK(std::isfinite(farthest[1]));
    }
  }
}

}  // namespace

TEST_CASE("boxes hold for w and for every point at which a gradient is taken") {
  SUBCASE("omd") { stays_inside(omd{0.05}, identity{}, parameter_server<>{}); }
  SUBCASE("omd with error memory") {
    stays_inside(omd{0.05}, error_feedback<qsgd<128, 8>>{}, parameter_server<>{});
  }
  SUBCASE("averaged_omd") { stays_inside(averaged_omd{0.05}, identity{}, parameter_server<>{}); }
  SUBCASE("extragradient") { stays_inside(extragradient{0.05}, identity{}, parameter_server<>{}); }
  SUBCASE("averaged_extragradient") { stays_inside(averaged_extragradient{0.05}, identity{}, parameter_server<>{}); }
  SUBCASE("per_player") {
    stays_inside(per_player<omd, sgda>{.min = {0.05}, .max = {0.05}, .max_steps = 2}, identity{}, parameter_server<>{});
  }
  SUBCASE("gossip, combine_then_adapt") {
    stays_inside(omd{0.05}, identity{}, gossip{.graph = ring(4), .order = gossip_order::combine_then_adapt});
  }
  SUBCASE("gossip with public copies") {
    stays_inside(omd{0.05}, scaled_sign<128>{}, gossip{.graph = ring(4), .consensus_step = 0.1});
  }
}

}  // namespace averaging_tests
