#include "saddle/topology/controlled.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace controlled_tests {

using namespace saddle;
using test::distance_after;

TEST_CASE("controlled local steps on a server, SCAFFOLD, and with rounds that a coin ends, ProxSkip: exact") {
  CHECK(distance_after(15000, sgda{0.02}, identity{}, controlled{local_steps{parameter_server{}, 5}}) < 1e-12);
  CHECK(distance_after(15000, sgda{0.02}, identity{}, controlled{local_steps{parameter_server{}, 1, 0.2}}) < 1e-12);
}

TEST_CASE("controlled local steps over a graph, K-GT: exact") {
  gossip const ring8{.graph = ring(8)};
  CHECK(distance_after(40000, sgda{0.01}, identity{}, controlled{local_steps{ring8, 5}}) < 1e-12);
}

TEST_CASE("controlled: what a graph mixes must have the step in it") {
  gossip const late{.graph = ring(8), .order = gossip_order::combine_then_adapt};
  CHECK_THROWS_WITH_AS(
      test::trainer_of(test::heterogeneous_game(), sgda{0.01}, identity{}, controlled{local_steps{late, 5}}),
      doctest::Contains("use gossip_order::adapt_then_combine"), std::invalid_argument);
}

TEST_CASE("local_steps: a coin ends rounds as often as it is told, for all workers alike") {
  local_steps const often{parameter_server{}, 1, 0.2};
  int rounds = 0;
  for (std::int64_t step = 1; step <= 10000; ++step) rounds += often.is_round(7, step) ? 1 : 0;
  CHECK(std::abs(rounds - 2000) < 160);  // four deviations
  CHECK(often.steps_a_round() == 5);
  CHECK(often.details() == "every=1 probability=0.2");
  CHECK_THROWS_WITH_AS((local_steps{parameter_server{}, 5, 0.2}.check(2, false, false)), doctest::Contains("not both"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((local_steps{parameter_server{}, 1, 1.5}.check(2, false, false)),
                       doctest::Contains("probability lies in [0, 1], and is 1.5"), std::invalid_argument);
}

TEST_CASE("controlled: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, adam{0.01}, identity{}, controlled{local_steps{parameter_server{}, 1, 0.2}},
                            threads);
  });
  gossip const ring8{.graph = ring(8)};
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, sgda{0.01}, identity{}, controlled{local_steps{ring8, 5}}, threads);
  });
}

}  // namespace controlled_tests
