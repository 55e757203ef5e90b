#include "saddle/algorithm/k_gt.hpp"

#include "loops.hpp"

namespace k_gt_tests {

using namespace saddle;
using namespace loops;

namespace {

constexpr int k = 5;
local_steps<gossip> rounds_on(mixing_graph const& graph) { return {{.graph = graph}, k}; }
/// The published rounds, each player in units of its own step size.
template <class Trainer>
void follows_rounds(Trainer t, test::heterogeneous_game const& game, double eta_x, double eta_y) {
  vectors w = zeros(game), c = w;
  auto const scaled = [&](vectors x, double min, double max) {
    for (vector& one : x)
      for (std::size_t i = 0; i < d; ++i) one[i] *= i < 10 ? min : max;
    return x;
  };
  for (int round = 0; round < 20; ++round) {
    vectors local = w;
    for (int step = round * k + 1; step <= (round + 1) * k; ++step)
      local = sum(1, local, -1, scaled(sum(1, fields(game, local, step), 1, c), eta_x, eta_y));
    vectors const z = scaled(sum(1, w, -1, local), 1 / (k * eta_x), 1 / (k * eta_y));
    c = sum(1, c, 1, sum(1, mixed(ring(8), z), -1, z));
    w = mixed(ring(8), sum(1, w, -k, scaled(z, eta_x, eta_y)));
    t.run(k);
    REQUIRE(gap(t, w) < 1e-12);
    REQUIRE(gap(t, c, "c") < 1e-11);
  }
}

}  // namespace

TEST_CASE("K-GT and Dec-FedTrack: the published rounds, on samples, each player in units of its step size") {
  test::heterogeneous_game const noisy(0.3);
  follows_rounds(trained(noisy, k_gt<>{.optimizer = {0.02}, .topology = {rounds_on(ring(8))}}), noisy, 0.02, 0.02);
  dec_fedtrack const two{.optimizer = {{0.01}, {0.04}}, .topology = {rounds_on(ring(8))}};
  follows_rounds(trained(noisy, two), noisy, 0.01, 0.04);
}

TEST_CASE("Dec-FedTrack: with equal step sizes it is K-GT, to the bit; with others it is exact, too") {
  test::heterogeneous_game const game, noisy(0.3);
  auto a = trained(noisy, k_gt<>{.optimizer = {0.02}, .topology = {rounds_on(ring(8))}});
  auto b = trained(noisy, dec_fedtrack{.optimizer = {{0.02}, {0.02}}, .topology = {rounds_on(ring(8))}});
  a.run(100);
  b.run(100);
  CHECK(a.digest() == b.digest());
  auto t = trained(game, dec_fedtrack{.optimizer = {{0.01}, {0.02}}, .topology = {rounds_on(ring(8))}});
  t.run(15000);
  CHECK(test::distance(t, game.solution()) < 1e-13);
}

TEST_CASE("Dec-FedTrack: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return trained(noisy, dec_fedtrack{.optimizer = {{0.01}, {0.02}}, .topology = {rounds_on(ring(8))}}, threads);
  });
}

}  // namespace k_gt_tests
