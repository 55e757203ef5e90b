#include "saddle/topology/random_rings.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "saddle/topology/mixing_matrix.hpp"

namespace random_rings_tests {

using namespace saddle;

TEST_CASE("random_rings: every round is a ring through all workers, in an order of its own") {
  for (int n : {1, 2, 3, 4, 9, 50}) {
    mixing_graph const g = random_rings(n, 7, 6);
    CHECK(g.workers == n);
    REQUIRE(g.rounds.size() == 6);
    bool varies = false;
    for (mixing_rows const& rows : g.rounds) {
      varies = varies || rows != g.rounds[0];
      // Walk around: to the neighbour that one does not come from, until home.
      int before = 0, here = 0, steps = 0;
      do {
        auto const& row = rows[static_cast<std::size_t>(here)];
        REQUIRE(row.size() == static_cast<std::size_t>(n < 3 ? n : 3));
        int next = here;
        for (edge const& e : row)
          if (e.worker != here && (e.worker != before || n < 3 || steps == 0)) next = e.worker;
        before = here;
        here = next;
        ++steps;
      } while (here != 0 && steps <= n);
      CHECK(steps == n);
    }
    CHECK(varies == (n > 3));
  }
}

TEST_CASE("random_rings: a function of the seed, mixing faster than one ring") {
  CHECK(random_rings(16, 1).rounds == random_rings(16, 1).rounds);
  CHECK(random_rings(16, 1).rounds != random_rings(16, 2).rounds);
  CHECK(random_rings(16, 1).name != random_rings(16, 2).name);
  auto const left_after_8 = [](mixing_graph const& g) {
    Eigen::MatrixXd w = Eigen::MatrixXd::Identity(g.workers, g.workers);
    for (int round = 0; round < 8; ++round) w = mixing_matrix(g, round) * w;
    return (w.array() - 1.0 / g.workers).matrix().norm();
  };
  CHECK(left_after_8(random_rings(16, 1)) < 0.2 * left_after_8(ring(16)));
  CHECK_THROWS_WITH_AS(random_rings(4, 1, 0), doctest::Contains("random_rings: there must be at least one round"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(random_rings(0, 1), "random_rings: there must be at least one worker, not 0",
                       std::invalid_argument);
}

}  // namespace random_rings_tests
