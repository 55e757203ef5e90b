#include "saddle/topology/local_steps.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "runs.hpp"
#include "saddle/topology/circulant.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace local_steps_tests {

using namespace saddle;

namespace {

std::string refusal(auto const& t, int workers, bool lossy, bool memory) {
  try {
    check_topology(t, workers, lossy, memory);
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("local_steps: around a server there is an anchor, around gossip its own rule") {
  using served = local_steps<parameter_server<>>;
  using gossiped = local_steps<gossip>;
  static_assert(topology<served> && topology<gossiped>);
  static_assert(std::is_same_v<rule_of<served, true, feedback::none>, server_average<feedback::none, true>>);
  static_assert(
      std::is_same_v<rule_of<served, false, feedback::difference>, server_average<feedback::difference, true>>);
  static_assert(std::is_same_v<rule_of<gossiped, true, feedback::none>, mixing>);
  static_assert(std::is_same_v<rule_of<gossiped, false, feedback::none>, choco>);
  static_assert(std::is_same_v<rule_of<gossiped, false, feedback::error>, deep_squeeze>);
  static_assert(topology_has_server<served> && !topology_has_server<gossiped>);
  CHECK_FALSE(combines_before_it_adapts(served{}));
  CHECK(served{}.name() == "local-parameter-server");
  CHECK(gossiped{gossip{ring(3)}, 2}.name() == "local-gossip-ring");
  CHECK(combines_before_it_adapts(gossiped{gossip{.graph = ring(3), .order = gossip_order::combine_then_adapt}, 2}));
  CHECK(rounds_of(gossiped{gossip{.graph = ring(3), .rounds = 4}, 2}) == 4);
}

TEST_CASE("local_steps: every round walks on through the graph's matrices, however rare it is") {
  mixing_graph const g = one_peer_exponential(8);
  local_steps const rare{gossip{.graph = g, .rounds = 2}, 5};
  for (int n = 0; n < 7; ++n)
    for (int round = 0; round < 2; ++round)
      for (int m = 0; m < 8; ++m) CHECK(rare.sources(5 * (n + 1), round, m, 8) == g.row(2 * n + round, m));
}

TEST_CASE("local_steps: what the topology inside refuses is refused, and a number of steps that is none") {
  auto const says = [](std::string const& what, char const* words) { return what.find(words) != std::string::npos; };
  CHECK(refusal(local_steps{parameter_server<>{}, 1}, 3, true, true) == "");
  CHECK(says(refusal(local_steps{parameter_server<>{}, 0}, 3, true, true), "local_steps: every is at least 1"));
  CHECK(says(refusal(local_steps{parameter_server<>{}, -2}, 3, true, true), "local_steps: every is at least 1"));
  CHECK(says(refusal(local_steps{parameter_server<>{}, 2}, 0, true, true), "there must be a worker"));
  CHECK(says(refusal(local_steps{gossip{ring(4)}, 2}, 4, true, false), "needs a consensus_step"));
}

}  // namespace local_steps_tests
