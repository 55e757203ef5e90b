#include "saddle/topology/exact_diffusion.hpp"

#include "../heterogeneous.hpp"
#include "saddle/estimator/page.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"

namespace exact_diffusion_tests {

using namespace saddle;

namespace {

gossip lazy_ring() { return {.graph = lazy(ring(8))}; }

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

TEST_CASE("exact diffusion: one symmetric matrix whose eigenvalues are above -1/3") {
  auto const refused = [](mixing_graph graph, char const* words) {
    int const workers = graph.workers;
    CHECK_THROWS_WITH_AS(exact_diffusion{gossip{.graph = std::move(graph)}}.check(workers, false, false),
                         doctest::Contains(words), std::invalid_argument);
  };
  refused(ring(8), "use lazy(graph)");  // its smallest is -1/3
  refused(ring(500), "use lazy(graph)");
  refused(one_peer_exponential(8), "varies");
  refused(directed_ring(8), "symmetric");
  for (int n : {1, 2, 3, 7, 500}) {
    CAPTURE(n);
    exact_diffusion{gossip{.graph = lazy(ring(n))}}.check(n, false, false);
  }
  exact_diffusion{gossip{.graph = ring(8), .rounds = 2}}.check(8, false, false);  // squares are positive
}

TEST_CASE("exact diffusion: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, recursive{sgda{0.02}, 0.2}, identity{}, exact_diffusion{lazy_ring()}, threads);
  });
}

}  // namespace exact_diffusion_tests
