#include "saddle/algorithm/d2.hpp"

#include "loops.hpp"

namespace d2_tests {

using namespace saddle;
using namespace loops;

TEST_CASE("D^2: the published iteration, on samples, at the messages of plain gossip; gradients alone move the mean") {
  test::heterogeneous_game const noisy(0.3);
  mixing_graph const graph = lazy(ring(8));
  double const eta = 0.03;
  auto t = trained(noisy, d2<>{.optimizer = {eta}, .topology = {{.graph = graph}}});
  vectors w = zeros(noisy), before = w, past = w;
  vector middle(d);
  for (int step = 1; step <= 150; ++step) {
    vectors const g = fields(noisy, w, step);
    vectors const next =
        step == 1 ? mixed(graph, sum(1, w, -eta, g))
                  : mixed(graph, sum(1, sum(2, w, -1, before), -eta, sum(1, g, -1, past)));
    before = w;
    past = g;
    w = next;
    middle = sum(1, middle, -eta, mean(g));
    t.step();
    REQUIRE(gap(t, w) < 1e-11);
    REQUIRE(test::distance(test::mean_of(t, "w"), middle) < 1e-12);
  }
  CHECK(t.report().uplink.payload == 150 * 16 * 20 * 8);
}

TEST_CASE("D^2: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return trained(noisy, d2<>{.optimizer = {0.03}, .topology = {{.graph = lazy(ring(8))}}}, threads);
  });
}

}  // namespace d2_tests
