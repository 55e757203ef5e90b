#include "saddle/topology/circulant.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace circulant_tests {

using namespace saddle;

TEST_CASE("ring: both neighbours and itself; two workers take halves, one takes all") {
  CHECK(ring(5).row(0, 0) == std::vector<edge>{{0, 1.0 / 3}, {1, 1.0 / 3}, {4, 1.0 / 3}});
  CHECK(ring(5).row(7, 3) == std::vector<edge>{{2, 1.0 / 3}, {3, 1.0 / 3}, {4, 1.0 / 3}});
  CHECK(ring(3).row(0, 1) == std::vector<edge>{{0, 1.0 / 3}, {1, 1.0 / 3}, {2, 1.0 / 3}});
  CHECK(ring(2).row(0, 0) == std::vector<edge>{{0, 0.5}, {1, 0.5}});
  CHECK(ring(2).row(0, 1) == std::vector<edge>{{0, 0.5}, {1, 0.5}});
  CHECK(ring(1).row(0, 0) == std::vector<edge>{{0, 1}});
  CHECK_FALSE(ring(5).varies());
}

TEST_CASE("directed_ring: itself and the one before") {
  CHECK(directed_ring(5).row(0, 0) == std::vector<edge>{{0, 0.5}, {4, 0.5}});
  CHECK(directed_ring(5).row(7, 3) == std::vector<edge>{{2, 0.5}, {3, 0.5}});
  CHECK(directed_ring(2).row(0, 1) == std::vector<edge>{{0, 0.5}, {1, 0.5}});
  CHECK(directed_ring(1).row(0, 0) == std::vector<edge>{{0, 1}});
  CHECK_FALSE(directed_ring(5).varies());
}

TEST_CASE("complete: everyone hears everyone") {
  for (int n : {1, 2, 3, 8})
    for (int m = 0; m < n; ++m) {
      CHECK(complete(n).row(0, m).size() == static_cast<std::size_t>(n));
      for (int j = 0; j < n; ++j) CHECK(complete(n).weight(0, m, j) == 1.0 / n);
    }
  CHECK_FALSE(complete(3).varies());
}

TEST_CASE("exponential: itself and those 1, 2, 4, ... further on") {
  CHECK(exponential(8).row(0, 6) == std::vector<edge>{{0, 0.25}, {2, 0.25}, {6, 0.25}, {7, 0.25}});
  CHECK(exponential(9).row(0, 0) == std::vector<edge>{{0, 0.2}, {1, 0.2}, {2, 0.2}, {4, 0.2}, {8, 0.2}});
  CHECK(exponential(9).row(5, 4) == std::vector<edge>{{3, 0.2}, {4, 0.2}, {5, 0.2}, {6, 0.2}, {8, 0.2}});
  CHECK(exponential(5).row(0, 0) == std::vector<edge>{{0, 0.25}, {1, 0.25}, {2, 0.25}, {4, 0.25}});
  CHECK(exponential(2).row(0, 0) == std::vector<edge>{{0, 0.5}, {1, 0.5}});
  CHECK(exponential(1).row(0, 0) == std::vector<edge>{{0, 1}});
  CHECK_FALSE(exponential(8).varies());
}

TEST_CASE("one_peer_exponential: in round j it hears the worker 2^j further on") {
  auto const rounds_of = [](int n) { return static_cast<int>(one_peer_exponential(n).rounds.size()); };
  CHECK(rounds_of(1) == 1);
  CHECK(rounds_of(2) == 1);
  CHECK(rounds_of(3) == 2);
  CHECK(rounds_of(4) == 2);
  CHECK(rounds_of(5) == 3);
  CHECK(rounds_of(8) == 3);
  CHECK(rounds_of(9) == 4);
  CHECK(rounds_of(16) == 4);
  mixing_graph const g = one_peer_exponential(6);
  CHECK(g.varies());
  CHECK_FALSE(one_peer_exponential(2).varies());
  CHECK(g.row(0, 5) == std::vector<edge>{{0, 0.5}, {5, 0.5}});
  CHECK(g.row(1, 0) == std::vector<edge>{{0, 0.5}, {2, 0.5}});
  CHECK(g.row(2, 3) == std::vector<edge>{{1, 0.5}, {3, 0.5}});
  CHECK(g.row(3, 5) == g.row(0, 5));  // and again from the first
  CHECK(one_peer_exponential(1).row(0, 0) == std::vector<edge>{{0, 1}});
  CHECK(g.row((std::int64_t{1} << 40) * 3 + 1, 0) == g.row(1, 0));
}

TEST_CASE("circulant: offsets count once, modulo n, and lead both ways") {
  CHECK(circulant(4, {1, 5, -3, 0, 4}) == circulant(4, {1}));
  CHECK(circulant(4, {-1, 2})[1] == std::vector<edge>{{0, 1.0 / 3}, {1, 1.0 / 3}, {3, 1.0 / 3}});
}

TEST_CASE("circulant graphs: without a worker there is none") {
  using error = std::invalid_argument;
  CHECK_THROWS_WITH_AS(circulant(0, {1}), "circulant: there must be at least one worker, not 0", error);
  CHECK_THROWS_WITH_AS(ring(-3), "ring: there must be at least one worker, not -3", error);
  CHECK_THROWS_WITH_AS(directed_ring(-1), "directed_ring: there must be at least one worker, not -1", error);
  CHECK_THROWS_WITH_AS(complete(-1), "complete: there must be at least one worker, not -1", error);
  CHECK_THROWS_WITH_AS(exponential(0), "exponential: there must be at least one worker, not 0", error);
  CHECK_THROWS_WITH_AS(one_peer_exponential(0), "one_peer_exponential: there must be at least one worker, not 0",
                       error);
}

}  // namespace circulant_tests
