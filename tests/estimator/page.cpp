#include "saddle/estimator/page.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/accelerated_gossip.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"

namespace page_tests {

using namespace saddle;

namespace {

accelerated_gossip fast_ring(int rounds) {
  return {.graph = ring(8), .rounds = rounds, .spectral_gap = 1 - 0.8047378541243650};
}
template <class O, class Tp>
double left(int steps, O o, Tp topology, double noise) {
  test::heterogeneous_game const game(noise);
  auto t = test::trainer_of(game, o, identity{}, topology);
  t.run(steps);
  double const all = test::distance(t, game.solution());
  MESSAGE(O::name(), ", ", topology.name(), ", noise ", noise, ": ", all);
  return all;
}

}  // namespace

TEST_CASE("page: exact with noise of samples over tracked gossip, and with the second coin, DREAM") {
  CHECK(left(6000, recursive{sgda{0.02}, 0.2}, tracked{gossip{.graph = ring(8)}}, 0.3) < 1e-12);
  CHECK(left(6000, recursive{sgda{0.02}, 0.5, 0.5}, tracked{fast_ring(2)}, 0.3) < 1e-12);
  CHECK(left(6000, recursive{sgda{0.02}, 1.0}, tracked{fast_ring(3)}, 0) < 1e-13);
}

TEST_CASE("page: what is carried on is not what a tracker corrects") {
  CHECK(left(6000, recursive{sgda{0.02}, 0.2}, tracked{local_steps{parameter_server{}, 3}}, 0.1) < 1e-12);
}

TEST_CASE("page: a full gradient where the coin says so, and the changes of samples since") {
  test::heterogeneous_game const noisy(0.3);
  recursive const o{sgda{0.02}, 0.1, 0.5};
  auto t = test::trainer_of(noisy, o, identity{}, parameter_server{});
  test::vector est(20), w_old;
  int full = 0, followed = 0;
  for (std::int64_t step = 1; step <= 300; ++step) {
    test::vector const w = test::joined(t.weights(0));
    t.step();
    auto const gradient = [&](test::vector const& p, int draw) { return noisy.field(p, {1, 5, step, draw}); };
    if (o.refreshes(1, step)) {
      est = gradient(w, full_batch);
      ++full;
    } else if (o.corrects(1, step)) {
      test::vector const here = gradient(w, 0), there = gradient(w_old, 0);
      for (std::size_t i = 0; i < 20; ++i) est[i] += 2 * (here[i] - there[i]);
      ++followed;
    }
    CHECK(test::joined(t.array("est", 5)) == est);
    w_old = w;
  }
  CHECK(full > 10);
  CHECK(full < 52);
  CHECK(followed > 90);
  CHECK(followed < 180);
}

TEST_CASE("page: a mean of samples every so many steps, in place of full gradients at a coin") {
  using sampled_page = recursive<sgda, large_batch>;
  static_assert(draws_full_batches<policies<double, recursive<sgda>, identity, parameter_server<>>> &&
                !draws_full_batches<policies<double, sampled_page, identity, parameter_server<>>>);
  test::heterogeneous_game const noisy(0.3);
  auto t = test::trainer_of(noisy, sampled_page{sgda{0.02}, 0, 1, 4, {3}}, identity{}, parameter_server{});
  test::vector est, w_old;
  for (std::int64_t step = 1; step <= 40; ++step) {
    test::vector const w = test::joined(t.weights(0));
    t.step();
    auto const gradient = [&](test::vector const& p, int draw) { return noisy.field(p, {1, 5, step, draw}); };
    if (step % 4 == 1) {
      est = test::vector(20);
      for (int n = 0; n < 3; ++n) {
        test::vector const one = gradient(w, large_batch::first_draw + n);
        for (std::size_t i = 0; i < 20; ++i) est[i] += one[i] / 3;
      }
    } else {
      test::vector const here = gradient(w, 0), there = gradient(w_old, 0);
      for (std::size_t i = 0; i < 20; ++i) est[i] += here[i] - there[i];
    }
    CHECK(test::distance(test::joined(t.array("est", 5)), est) < 1e-14);
    w_old = w;
  }
  CHECK(t.report().gradients == 10 * 3 + 30 * 2);
}

TEST_CASE("page: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, recursive{sgda{0.02}, 0.2, 0.5}, identity{}, tracked{fast_ring(2)}, threads);
  });
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, recursive{sgda{0.02}, 0.2, 0.5, 0, large_batch{3}}, identity{}, parameter_server{},
                            threads);
  });
}

TEST_CASE("page: probabilities, periods and batches") {
  CHECK(recursive{sgda{0.1}}.objection() == "");
  CHECK(recursive{sgda{0.1}, 2.0}.objection() == "recursive: refresh lies in (0, 1], and is 2");
  CHECK(recursive{sgda{0.1}, 0, 1, 20}.objection() == "");
  CHECK(recursive{sgda{0.1}, 0.1, 1, 20}.objection() ==
        "recursive: batches begin anew at a coin or every so many steps: with `every`, refresh is 0");
  CHECK(recursive{sgda{0.1}, 0, 1, -1}.objection() == "recursive: every is not negative, and is -1");
  CHECK(recursive{sgda{0.1}, 0.1, 1, 0, large_batch{0}}.objection() ==
        "large_batch: samples lies between 1 and 2^18, and is 0");
  CHECK(recursive{sgda{0.1}, 0.5, 0}.objection() == "recursive: correction lies in (0, 1], and is 0");
}

}  // namespace page_tests
