#include "non_finite.hpp"

namespace non_finite_local_tests {

using namespace saddle;
using test::bad_step, test::effect, test::eta, test::survives;

namespace {

using coarse = error_feedback<qsgd<128, 8>>;

/// In step 10, which is the second of two rounds or lies between rounds.
local_steps<parameter_server<>> const a_round{.every = 5}, between{.every = 4};

}  // namespace

TEST_CASE("local steps: between rounds only the bad bucket stays where it is") {
  SUBCASE("bare") { survives(omd{eta}, identity{}, between, effect::alone); }
  SUBCASE("error feedback") { survives(omd{eta}, coarse{}, between, effect::alone); }
  SUBCASE("a look-ahead") {
    extragradient const o{.step_size = eta, .second = sampling::independent};
    survives(o, coarse{}, between, effect::alone, 0);
    survives(o, coarse{}, between, effect::alone, 1);
  }
  SUBCASE("gossip") { survives(omd{eta}, identity{}, local_steps{gossip{ring(4)}, 4}, effect::alone); }
}

TEST_CASE("local steps: a round is skipped by all, and the way that they have come is sent in the next") {
  SUBCASE("bare") { survives(omd{eta}, identity{}, a_round, effect::none); }
  SUBCASE("error feedback owes the last direction") { survives(omd{eta}, coarse{}, a_round, effect::owed); }
  SUBCASE("error feedback, sparse") { survives(sgda{eta}, error_feedback<top_k<128, 4>>{}, a_round, effect::owed); }
  SUBCASE("error feedback that selects across buckets") {
    survives(sgda{eta}, error_feedback{global_top_k<128>{.fraction = 0.4}}, a_round, effect::owed);
  }
  SUBCASE("compressed both ways") {
    survives(omd{eta}, coarse{}, local_steps{parameter_server<coarse>{}, 5}, effect::owed, 0, 2e-2);
  }
  SUBCASE("a look-ahead") {
    extragradient const o{.step_size = eta, .second = sampling::independent};
    survives(o, coarse{}, a_round, effect::owed, 0);
    survives(o, coarse{}, a_round, effect::owed, 1);
  }
}

TEST_CASE("local steps: a direction too large for a number is not taken, and costs nothing else") {
  // Gradients a hundredth of the game's with a step of a hundred eta: one of 1e308 is finite, and its direction is not.
  for (int every : {5, 4})
    for (bool remembers : {false, true}) {
      CAPTURE(every);
      CAPTURE(remembers);
      auto game = test::smg();
      auto const taken = std::make_shared<test::vector>(20);
      game.also = [=](sample s, test::vector const&, test::vector& g) {
        bool const hit = s.step == bad_step && s.worker == 2;
        bool const dropped = s.step == bad_step && every == 5 && !remembers;
        for (std::size_t i = 0; i < (dropped ? 0 : hit ? 10 : 20); ++i) (*taken)[i] += eta / 4 * g[i];
        for (double& x : g) x /= 100;
        if (hit) g[13] = 1e308;
      };
      local_steps<parameter_server<>> const topology{.every = every};
      auto t = remembers ? trainer<double>{game, sgda{100 * eta}, coarse{}, topology, loopback{4}, cpu{}}
                         : trainer<double>{game, sgda{100 * eta}, identity{}, topology, loopback{4}, cpu{}};
      for (int step = 1; step <= 60; ++step) {
        t.step();
        test::vector const reached = remembers ? test::settled(t) : test::mean_weights(t);
        REQUIRE(test::distance(reached, test::difference(game.start, *taken)) < 1e-12);
      }
      CHECK(t.report().skipped_steps == 1);
      CHECK(t.report().non_finite->coordinate == 3);
    }
}

}  // namespace non_finite_local_tests
