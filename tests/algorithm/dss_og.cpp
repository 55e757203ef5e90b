#include "saddle/algorithm/dss_og.hpp"

#include "loops.hpp"

namespace dss_og_tests {

using namespace saddle;
using namespace loops;

namespace {

constexpr double eta = 0.05;

gossip uneven() {
  return {.graph = {.name = "uneven", .workers = 8, .rounds = {test::uneven_ring()}, .sums = stochastic::rows}};
}

}  // namespace

TEST_CASE("DSS-OG and DOL: the published iterations, on samples, over rows that sum to 1") {
  test::heterogeneous_game const noisy(0.3);
  gossip const rows = uneven();
  auto same = trained(noisy, dss_og{.optimizer = {{eta}}, .topology = rows});
  auto stored = trained(noisy, dol{.optimizer = {eta}, .topology = rows});
  vectors w = zeros(noisy), before = w, x = w, past = w;
  for (int step = 1; step <= 60; ++step) {
    vectors const both = sum(2, fields(noisy, w, step), -1, fields(noisy, before, step));
    before = w;
    w = mixed(rows.graph, sum(1, w, -eta, both));
    same.step();
    REQUIRE(gap(same, w) < 1e-12);

    vectors const now = fields(noisy, x, step);
    x = mixed(rows.graph, sum(1, x, -eta, step == 1 ? now : sum(2, now, -1, past)));
    past = now;
    stored.step();
    REQUIRE(gap(stored, x) < 1e-12);
  }
  CHECK(gap(same, x) > 1e-3);
}

TEST_CASE("without noise DSS-OG and DOL are one method") {
  test::heterogeneous_game const game;
  auto same = trained(game, dss_og{.optimizer = {{eta}}, .topology = uneven()});
  auto stored = trained(game, dol{.optimizer = {eta}, .topology = uneven()});
  for (int step = 0; step < 300; ++step) {
    same.step();
    stored.step();
    for (int m = 0; m < 8; ++m)
      REQUIRE(test::distance(test::joined(same.weights(m)), test::joined(stored.weights(m))) < 1e-12);
  }
}

TEST_CASE("DSS-OG and DOL: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return trained(noisy, dol{.optimizer = {eta}, .topology = uneven()}, threads);
  });
}

}  // namespace dss_og_tests
