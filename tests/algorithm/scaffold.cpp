#include "saddle/algorithm/scaffold.hpp"

#include "loops.hpp"
#include "saddle/algorithm/local_sgda.hpp"

namespace scaffold_tests {

using namespace saddle;
using namespace loops;

TEST_CASE("SCAFFOLD: the published rounds, on samples, at the messages of local SGDA") {
  test::heterogeneous_game const noisy(0.3);
  int const k = 5;
  double const eta = 0.02;
  auto t = trained(noisy, scaffold<>{.optimizer = {eta}, .topology = {{{}, k}}});
  vectors x = zeros(noisy), own = x;
  for (int round = 0; round < 30; ++round) {
    vectors const server = averaged(own);
    vectors y = x;
    for (int step = round * k + 1; step <= (round + 1) * k; ++step)
      y = sum(1, y, -eta, sum(1, fields(noisy, y, step), 1, sum(1, server, -1, own)));
    own = sum(1, sum(1, own, -1, server), 1 / (k * eta), sum(1, x, -1, y));
    x = averaged(y);
    t.run(k);
    REQUIRE(gap(t, x) < 1e-12);
    REQUIRE(gap(t, sum(1, averaged(own), -1, own), "c") < 1e-11);
  }
  auto plain = trained(noisy, local_sgda<>{.optimizer = {eta}, .topology = {{}, k}});
  plain.run(30 * k);
  CHECK(t.report().uplink == plain.report().uplink);
  CHECK(t.report().downlink == plain.report().downlink);
}

TEST_CASE("SCAFFOLD: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) { return trained(noisy, scaffold<>{.optimizer = {0.02}}, threads); });
}

}  // namespace scaffold_tests
