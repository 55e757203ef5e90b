#include "saddle/estimator/same_sample_optimism.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"

namespace same_sample_optimism_tests {

using namespace saddle;

namespace {

test::vector weights_of(mixing_rows const& rows) {
  test::vector pi(8, 1.0 / 8);
  for (int n = 0; n < 2000; ++n) {
    test::vector next(8);
    for (std::size_t m = 0; m < 8; ++m)
      for (edge const& one : rows[m]) next[static_cast<std::size_t>(one.worker)] += pi[m] * one.weight;
    pi = next;
  }
  return pi;
}

}  // namespace

TEST_CASE("same-sample optimism over gossip: a bias that halves with the step size") {
  gossip const ring8{.graph = ring(8)};
  test::halves_with_the_step_size([&](int steps, double eta) {
    return test::distance_after(steps, same_sample_optimism{sgda{eta}}, identity{}, ring8);
  });
}

TEST_CASE("same-sample optimism over rows that sum to 1, DSS-OG: to the solution that its eigenvector weighs") {
  test::heterogeneous_game const game;
  mixing_rows const rows = test::uneven_ring();
  gossip const uneven{.graph = {.name = "uneven", .workers = 8, .rounds = {rows}, .sums = stochastic::rows}};
  test::vector const weighted = game.solution(weights_of(rows));
  double of_mean = 0;
  test::halves_with_the_step_size([&](int steps, double eta) {
    auto t = test::trainer_of(game, same_sample_optimism{sgda{eta}}, identity{}, uneven);
    t.run(steps);
    of_mean = test::distance(t, game.solution());
    return test::distance(t, weighted);
  });
  MESSAGE("the solution of the mean is ", of_mean, " away");
  CHECK(of_mean > 0.05);
}

TEST_CASE("same-sample optimism: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  gossip const ring8{.graph = ring(8)};
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, same_sample_optimism{sgda{0.02}}, identity{}, ring8, threads);
  });
}

}  // namespace same_sample_optimism_tests
