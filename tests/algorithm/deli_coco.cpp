#include "saddle/algorithm/deli_coco.hpp"

#include <algorithm>

#include "loops.hpp"

namespace deli_coco_tests {

using namespace saddle;
using namespace loops;

namespace {

using sparse = top_k<128, 3>;
deli_coco<sparse> with(int rounds, double eta) {
  return {.optimizer = {eta}, .topology = {.graph = ring(8), .rounds = rounds, .consensus_step = 0.2}};
}
/// Of each player the three largest, the rest 0.
vector compressed(vector v) {
  for (std::size_t first : {0u, 10u}) {
    std::vector<std::size_t> order;
    for (std::size_t i = first; i < first + 10; ++i) order.push_back(i);
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return -std::abs(v[i]); });
    for (std::size_t r = 3; r < order.size(); ++r) v[order[r]] = 0;
  }
  return v;
}

}  // namespace

TEST_CASE("DeLi-CoCo: a gradient step and Q rounds of compressed differences, at Q messages") {
  test::heterogeneous_game const noisy(0.3);
  for (int rounds : {1, 4}) {
    auto t = trained(noisy, with(rounds, 0.02));
    vectors x = zeros(noisy), known = x;
    for (int step = 1; step <= 60; ++step) {
      x = sum(1, x, -0.02, fields(noisy, x, step));
      for (int r = 0; r < rounds; ++r) {
        for (std::size_t m = 0; m < x.size(); ++m)
          known[m] = sum(1, known[m], 1, compressed(sum(1, x[m], -1, known[m])));
        x = sum(1, x, 0.2, sum(1, mixed(ring(8), known), -1, known));
      }
      t.step();
      REQUIRE(gap(t, x) < 1e-12);
    }
    CHECK(t.report().uplink.payload == 60 * rounds * 16 * 2 * 3 * 10);  // 16 edges, 3 pairs of 2 + 8 bytes a player
  }
}

TEST_CASE("DeLi-CoCo: of one step size more rounds leave less of the bias") {
  test::heterogeneous_game const game;
  auto const left = [&](int rounds) {
    auto t = trained(game, with(rounds, 0.02));
    t.run(1500);
    return test::distance(t, game.solution());
  };
  double const one = left(1), five = left(5), many = left(40);
  MESSAGE("DeLi-CoCo: ", one, ", ", five, ", ", many, " from the solution with 1, 5, 40 rounds");
  CHECK(five < one / 2);
  CHECK(many < five / 5);
}

TEST_CASE("DeLi-CoCo: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) { return trained(noisy, with(4, 0.02), threads); });
}

}  // namespace deli_coco_tests
