#include "saddle/algorithm/cdma.hpp"

#include <algorithm>
#include <cmath>

#include "loops.hpp"
#include "saddle/algorithm/fedgda_gt.hpp"

namespace cdma_tests {

using namespace saddle;
using namespace loops;

namespace {

cdma<> with(int workers, double eta = 0.02) { return {.optimizer = {eta}, .topology = {{{{}, workers}, 5}}}; }

}  // namespace

TEST_CASE("CDMA: the published rounds of workers that are drawn; the mean gradient is that of those") {
  test::heterogeneous_game const noisy(0.3);
  auto const how = with(3);
  auto t = trained(noisy, how);
  vector u(d);
  int drawn = 0;
  for (int round = 0; round < 30; ++round) {
    int const first = 5 * round + 1;
    vectors own;
    std::vector<int> there;
    for (int m = 0; m < 8; ++m)
      if (takes_part(how.topology, 1, first, m, 8)) {
        there.push_back(m);
        own.push_back(field(noisy, m, u, first));
      }
    REQUIRE(there.size() == 3);
    drawn += there.front();
    vectors p(3, u);
    for (int step = first; step < first + 5; ++step)
      for (std::size_t i = 0; i < 3; ++i)
        p[i] = sum(1, p[i], -0.02, sum(1, field(noisy, there[i], p[i], step), 1, sum(1, mean(own), -1, own[i])));
    u = mean(p);
    t.run(5);
    REQUIRE(gap(t, vectors(8, u)) < 1e-12);
  }
  CHECK(drawn > 0);
}

TEST_CASE("CDMA: of all workers it is FedGDA-GT; of some it stays around the solution, by its step size") {
  test::heterogeneous_game const game;
  auto all = trained(game, with(8));
  auto tracking = trained(game, fedgda_gt<>{.optimizer = {0.02}, .topology = {{{}, 5}}});
  for (int round = 0; round < 60; ++round) {
    all.run(5);
    tracking.run(5);
    REQUIRE(test::distance(all, test::joined(tracking.weights(0))) < 1e-13);
  }
  auto const left = [&](double eta, int steps) {
    auto t = trained(game, with(4, eta));
    t.run(steps);
    double squares = 0;
    for (int k = 0; k < 200; ++k) {
      t.run(5);
      squares += std::pow(test::distance(test::joined(t.weights(0)), game.solution()), 2);
    }
    return std::sqrt(squares / 200);
  };
  double const far = left(0.02, 2000), near = left(0.005, 8000);
  MESSAGE("CDMA: ", far, " and ", near, " from the solution at 0.02 and 0.005");
  CHECK(near > 1e-3);
  CHECK(near < far / 1.4);
}

TEST_CASE("CDMA: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) { return trained(noisy, with(4), threads); });
}

}  // namespace cdma_tests
