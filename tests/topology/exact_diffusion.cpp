#include "saddle/topology/exact_diffusion.hpp"

#include "../heterogeneous.hpp"
#include "saddle/estimator/page.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"

using namespace saddle;

namespace {

/// (I + W) / 2 of the ring.
gossip lazy_ring() {
  mixing_graph graph = ring(8);
  for (std::size_t m = 0; m < 8; ++m)
    for (edge& one : graph.rounds[0][m]) one.weight = one.weight / 2 + (one.worker == static_cast<int>(m) ? 0.5 : 0);
  return {.graph = graph};
}

}  // namespace

TEST_CASE("exact diffusion over a positive matrix: exact up to a drift of rounding, where plain gossip is biased") {
  CHECK(test::distance_after(6000, sgda{0.03}, identity{}, exact_diffusion{lazy_ring()}) < 1e-9);
  CHECK(test::distance_after(6000, sgda{0.03}, identity{}, lazy_ring()) > 1e-2);
}

TEST_CASE("exact diffusion: what is mixed has the direction in it") {
  gossip late = lazy_ring();
  late.order = gossip_order::combine_then_adapt;
  CHECK_THROWS_WITH_AS(test::trainer_of(test::heterogeneous_game(), sgda{0.01}, identity{}, exact_diffusion{late}),
                       doctest::Contains("use gossip_order::adapt_then_combine"), std::invalid_argument);
}

TEST_CASE("exact diffusion: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, recursive{sgda{0.02}, 0.2}, identity{}, exact_diffusion{lazy_ring()}, threads);
  });
}
