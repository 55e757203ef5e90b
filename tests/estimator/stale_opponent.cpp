#include "saddle/estimator/stale_opponent.hpp"

#include "../heterogeneous.hpp"
#include "../train/game.hpp"
#include "saddle/algorithm/paragan.hpp"

namespace stale_opponent_tests {

using namespace saddle;
using test::vector;

namespace {

using both = stale_opponent<per_player<sgda, sgda>>;

/// Each player's gradient where the other one is what it was a step ago.
vector across(test::linear_game const& game, int worker, vector const& now, vector const& before) {
  vector x = before, y = now;
  std::copy_n(now.begin(), 10, x.begin());
  std::copy_n(before.begin(), 10, y.begin());
  vector g = game.field(worker, y);
  vector const min = game.field(worker, x);
  std::copy_n(min.begin(), 10, g.begin());
  return g;
}

}  // namespace

TEST_CASE("stale_opponent: both players at once, each on what the other was a step ago") {
  test::linear_game const game = test::smg(3);  // does not split its gradient
  trainer<double> t{game, both{{{0.02}, {0.05}}}, identity{}, parameter_server<>{}, loopback{3}, cpu{}};
  vector w = game.start, before = w;
  for (int step = 0; step < 300; ++step) {
    vector g(20);
    for (int m = 0; m < 3; ++m) {
      vector const own = across(game, m, w, before);
      for (std::size_t i = 0; i < 20; ++i) g[i] += own[i] / 3;
    }
    before = w;
    for (std::size_t i = 0; i < 20; ++i) w[i] -= (i < 10 ? 0.02 : 0.05) * g[i];
    t.step();
    REQUIRE(test::distance(test::weights(t), w) < 1e-12);
  }
  CHECK(t.report().gradients == 600);
  per_player<sgda, sgda> const players{{0.02}, {0.05}};
  trainer<double> plain{game, players, identity{}, parameter_server<>{}, loopback{3}, cpu{}};
  plain.run(300);
  CHECK(test::distance(test::weights(plain), w) > 1e-2);
  CHECK(test::norm(w) > 0.5);
}

TEST_CASE("stale_opponent: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, both{{{0.02}, {0.05}}}, identity{}, parameter_server<>{}, threads);
  });
}

TEST_CASE("stale_opponent: one player after the other is refused") {
  CHECK(is_sound<both, identity, parameter_server<>>);
  CHECK(!is_sound<stale_opponent<alternating_players<sgda, sgda>>, identity, parameter_server<>>);
}

}  // namespace stale_opponent_tests
