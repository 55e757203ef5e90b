#include "saddle/algorithm/decentralized_extragradient.hpp"

#include <cmath>
#include <utility>

#include "loops.hpp"
#include "saddle/topology/random_rings.hpp"

namespace decentralized_extragradient_tests {

using namespace saddle;
using namespace loops;

namespace {

constexpr double gamma_step = 0.05;

accelerated_gossip fast(int rounds) {
  double const second = (1 + std::sqrt(2.0)) / 3;  // the second largest eigenvalue of the ring of 8
  return {.graph = ring(8), .rounds = rounds, .spectral_gap = 1 - second};
}
vectors mixed_fast(accelerated_gossip const& a, vectors x) {
  return loops::mixed_fast(a.graph, a.rounds, [&](int k) { return a.momentum(k); }, std::move(x));
}

}  // namespace

TEST_CASE("decentralized local extragradient: the published iteration over matrices drawn anew, on two samples") {
  test::heterogeneous_game const noisy(0.3);
  for (int every : {1, 4}) {
    gossip const talk{.graph = random_rings(8, 3), .rounds = 2};
    auto t = trained(noisy, decentralized_local_extragradient{
                                .optimizer = {.step_size = gamma_step, .second = sampling::independent},
                                .topology = {talk, every}});
    vectors z = zeros(noisy);
    int mixings = 0;
    for (int step = 1; step <= 60; ++step) {
      vectors const half = sum(1, z, -gamma_step, fields(noisy, z, step, 0));
      z = sum(1, z, -gamma_step, fields(noisy, half, step, 1));
      for (int r = 0; r < talk.rounds && step % every == 0; ++r) z = mixed(talk.graph, z, mixings++);
      t.step();
      REQUIRE(gap(t, z) < 1e-12);
    }
  }
}

TEST_CASE("decentralized extra step: both halves are mixed by accelerated rounds, on two samples") {
  test::heterogeneous_game const noisy(0.3);
  decentralized_extra_step<> how;
  how.optimizer.step_size = gamma_step;
  how.topology = fast(3);
  auto t = trained(noisy, how);
  vectors z = zeros(noisy);
  for (int step = 1; step <= 60; ++step) {
    vectors const half = mixed_fast(how.topology, sum(1, z, -gamma_step, fields(noisy, z, step, 0)));
    z = mixed_fast(how.topology, sum(1, z, -gamma_step, fields(noisy, half, step, 1)));
    t.step();
    REQUIRE(gap(t, z) < 1e-12);
  }
}

TEST_CASE("decentralized extra step: one round is that of plain gossip, to the bit") {
  test::heterogeneous_game const noisy(0.3);
  auto a = trained(noisy, decentralized_extra_step<>{.topology = fast(1)});
  auto b = trained(noisy, decentralized_extra_step<gossip>{.topology = {.graph = ring(8)}});
  a.run(100);
  b.run(100);
  CHECK(a.digest() == b.digest());
}

TEST_CASE("decentralized extragradient: the bias halves with the step size, and more rounds leave less of it") {
  test::heterogeneous_game const game;
  test::vector const solution = game.solution();
  auto const left = [&](auto how, int steps, double gamma) {
    how.optimizer.step_size = gamma;
    auto t = trained(game, how);
    t.run(steps);
    return test::distance(t, solution);
  };
  decentralized_local_extragradient const local{.topology = {gossip{.graph = ring(8)}, 1}};
  test::halves_with_the_step_size([&](int steps, double gamma) { return left(local, steps, gamma); }, 1500, 0.04);
  double const few = left(decentralized_extra_step<>{.topology = fast(1)}, 1500, 0.04),
               more = left(decentralized_extra_step<>{.topology = fast(8)}, 1500, 0.04);
  MESSAGE("extra step: ", few, " from the solution with one round, ", more, " with eight");
  CHECK(few > 1e-2);
  CHECK(more < few / 50);
}

TEST_CASE("decentralized extragradient: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return trained(noisy, decentralized_local_extragradient{.topology = {gossip{.graph = ring(8)}, 4}}, threads);
  });
  test::is_repeatable(
      [&](int threads) { return trained(noisy, decentralized_extra_step<>{.topology = fast(3)}, threads); });
}

}  // namespace decentralized_extragradient_tests
