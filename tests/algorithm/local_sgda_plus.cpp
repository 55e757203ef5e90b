#include "saddle/algorithm/local_sgda_plus.hpp"

#include "loops.hpp"
#include "saddle/algorithm/local_sgda.hpp"
#include "saddle/optimizer/alternating_players.hpp"
#include "saddle/optimizer/per_player.hpp"

namespace local_sgda_plus_tests {

using namespace saddle;
using namespace loops;

namespace {

/// The same game from a problem that writes both players' gradients whatever it is asked for.
struct undivided_game {
  using scalar = double;
  test::heterogeneous_game game;
  static players sizes() { return test::heterogeneous_game::sizes(); }
  void initial(std::uint64_t seed, point<double> w) const { game.initial(seed, w); }
  void gradient(point<double const> at, sample s, point<double> out) const { game.gradient(at, s, out); }
};
static_assert(!splits_by_player<undivided_game>);

local_sgda_plus<> with(int rounds, int snapshots, double eta = 0.05) {
  return {.optimizer = {{eta}, snapshots}, .topology = {{}, rounds}};
}

}  // namespace

TEST_CASE("Local SGDA+: y ascends at a snapshot of x, whether a problem takes one player's gradient or both") {
  test::heterogeneous_game const noisy(0.3);
  for (int every : {5, 10}) {
    auto t = trained(noisy, with(5, every));
    trainer<double> undivided{undivided_game{noisy}, with(5, every), loopback{8}, cpu{}};
    vectors w = zeros(noisy), snapshot = w;
    for (int step = 1; step <= 60; ++step) {
      vectors ascent = w;
      for (std::size_t m = 0; m < w.size(); ++m) std::copy_n(snapshot[m].begin(), 10, ascent[m].begin());
      vectors g = fields(noisy, w, step);
      vectors const at_snapshot = fields(noisy, ascent, step);
      for (std::size_t m = 0; m < w.size(); ++m) std::copy_n(at_snapshot[m].begin() + 10, 10, g[m].begin() + 10);
      w = sum(1, w, -0.05, g);
      if (step % 5 == 0) w = averaged(w);
      if (step % every == 0) snapshot = w;
      t.step();
      undivided.step();
      REQUIRE(gap(t, w) < 1e-12);
      REQUIRE(t.digest() == undivided.digest());
    }
  }
}

TEST_CASE("Local SGDA+: with a snapshot in every step it is Local SGDA, to the bit; with rounds of one step exact") {
  test::heterogeneous_game const noisy(0.3), game;
  auto a = trained(noisy, with(5, 1));
  auto b = trained(noisy, local_sgda<>{.optimizer = {0.05}, .topology = {{}, 5}});
  a.run(100);
  b.run(100);
  CHECK(a.digest() == b.digest());
  auto c = trained(game, with(1, 10, 0.02));
  c.run(4000);
  CHECK(test::distance(c, game.solution()) < 1e-13);
}

TEST_CASE("Local SGDA+: with an optimizer a player; with the maximizing one first there are snapshots, too") {
  test::heterogeneous_game const noisy(0.3), game;
  auto a = trained(noisy, with(5, 10));
  auto b = trained(noisy, local_sgda_plus<per_player<sgda, sgda>>{{{{0.05}, {0.05}}, 10}, {}, {{}, 5}});
  a.run(100);
  b.run(100);
  CHECK(a.digest() == b.digest());
  using answering = alternating_players<sgda, sgda, first_mover::max>;
  auto c = trained(game, local_sgda_plus<answering>{{{{0.02}, {0.02}}, 10}, {}, {{}, 1}});
  c.run(4000);
  CHECK(test::distance(c, game.solution()) < 1e-13);
}

TEST_CASE("Local SGDA+: a snapshot is taken after some number of steps") {
  CHECK(snapshot_ascent{sgda{0.1}, 3}.objection() == "");
  CHECK(snapshot_ascent{sgda{0.1}, 0}.objection() == "snapshot_ascent: every must be at least 1, and is 0");
  CHECK(snapshot_ascent{sgda{-1.0}, 3}.objection() == "sgda: step_size is finite and not negative, and is -1");
}

TEST_CASE("Local SGDA+: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) { return trained(noisy, with(5, 10), threads); });
}

}  // namespace local_sgda_plus_tests
