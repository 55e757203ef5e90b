#include "saddle/algorithm/gt_gda.hpp"

#include "loops.hpp"

namespace gt_gda_tests {

using namespace saddle;
using namespace loops;

namespace {

constexpr double eta = 0.03;
gossip const on_ring{.graph = ring(8)};

}  // namespace

TEST_CASE("GT-GDA: the published iteration, in both orders, on samples") {
  test::heterogeneous_game const noisy(0.3);
  for (gossip_order order : {gossip_order::adapt_then_combine, gossip_order::combine_then_adapt}) {
    auto t = trained(noisy, gt_gda{.optimizer = {eta}, .topology = {{.graph = ring(8), .order = order}}});
    vectors x = zeros(noisy), s = x, old = x;
    for (int step = 1; step <= 60; ++step) {
      vectors const g = fields(noisy, x, step);
      s = mixed(ring(8), sum(1, s, 1, sum(1, g, -1, old)));
      old = g;
      x = order == gossip_order::adapt_then_combine ? mixed(ring(8), sum(1, x, -eta, s))
                                                    : sum(1, mixed(ring(8), x), -eta, s);
      t.step();
      REQUIRE(gap(t, x) < 1e-12);
      REQUIRE(gap(t, s, "s") < 1e-12);
    }
  }
}

TEST_CASE("GT-EG: extragradient along the tracker, which both gradients of a step are told to") {
  test::heterogeneous_game const noisy(0.3);
  auto t = trained(noisy, gt_eg{.optimizer = {eta}, .topology = {on_ring}});
  vectors z = zeros(noisy), s = z, old = z;
  for (int step = 1; step <= 60; ++step) {
    vectors const g = fields(noisy, z, step);
    s = mixed(ring(8), sum(1, s, 1, sum(1, g, -1, old)));
    old = g;
    vectors const half = sum(1, z, -eta, s);
    z = mixed(ring(8), sum(1, z, -eta, sum(1, s, 1, sum(1, fields(noisy, half, step), -1, g))));
    t.step();
    REQUIRE(gap(t, z) < 1e-12);
  }
}

TEST_CASE("GT-OMD: optimistic descent along the tracker of the gradients at the look-aheads") {
  test::heterogeneous_game const noisy(0.3);
  auto t = trained(noisy, gt_omd{.optimizer = {eta}, .topology = {on_ring}});
  vectors w = zeros(noisy), h = w, s = w, old = w;
  for (int step = 1; step <= 60; ++step) {
    vectors const g = fields(noisy, h, step);
    s = mixed(ring(8), sum(1, s, 1, sum(1, g, -1, old)));
    old = g;
    w = mixed(ring(8), sum(1, w, -eta, s));
    h = sum(1, w, -eta, s);
    t.step();
    REQUIRE(gap(t, w) < 1e-12);
    REQUIRE(gap(t, h, "h") < 1e-12);
  }
}

TEST_CASE("gradient tracking: on a complete graph all trackers are the mean gradient, and all workers descend alike") {
  test::heterogeneous_game const noisy(0.3);
  auto t = trained(noisy, gt_gda{.optimizer = {eta}, .topology = {{.graph = complete(8)}}});
  vector w(d);
  for (int step = 1; step <= 60; ++step) {
    vector const g = mean(fields(noisy, vectors(8, w), step));
    w = sum(1, w, -eta, g);
    t.step();
    REQUIRE(gap(t, vectors(8, w)) < 1e-12);
    REQUIRE(gap(t, vectors(8, g), "s") < 1e-11);
  }
}

TEST_CASE("GT-EG, GT-OMD: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) { return trained(noisy, gt_eg{{eta}, {}, {on_ring}}, threads); });
  test::is_repeatable([&](int threads) { return trained(noisy, gt_omd{{eta}, {}, {on_ring}}, threads); });
}

}  // namespace gt_gda_tests
