#include "saddle/topology/gossip.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "runs.hpp"
#include "saddle/topology/circulant.hpp"

namespace gossip_tests {

using namespace saddle;

namespace {

std::string refusal(gossip const& g, int workers, bool lossy, bool memory) {
  try {
    g.check(workers, lossy, memory);
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}
bool says(std::string const& what, std::string const& words) { return what.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("gossip: combinations that make no sense are refused with their sentence") {
  gossip const exact{.graph = ring(4)}, lossy{.graph = ring(4), .consensus_step = 0.1};
  CHECK(refusal(exact, 4, false, false) == "");
  CHECK(refusal(lossy, 4, true, false) == "");
  CHECK(refusal(lossy, 4, true, true) == "");
  CHECK(says(refusal(exact, 5, false, false), "the graph has 4 workers, the transport 5"));
  CHECK(says(refusal({.graph = ring(4), .rounds = 0}, 4, false, false), "at least one round"));
  CHECK(says(refusal(exact, 4, true, true), "needs a consensus_step"));
  CHECK(says(refusal(exact, 4, true, false), "needs a consensus_step"));
  CHECK(says(refusal(lossy, 4, false, false), "no meaning for an exact compressor"));
  CHECK(says(refusal({.graph = ring(4), .consensus_step = 1.1}, 4, true, true), "lies in [0, 1]"));
  CHECK(says(refusal({.graph = ring(4), .consensus_step = -0.1}, 4, true, true), "lies in [0, 1]"));
  CHECK(refusal({.graph = ring(4), .consensus_step = 0.0}, 4, true, true) == "");
  CHECK(refusal({.graph = ring(4), .consensus_step = 1.0}, 4, true, true) == "");

  gossip const varying{.graph = one_peer_exponential(4), .consensus_step = 0.1};
  CHECK(says(refusal(varying, 4, true, false), "this graph varies; use error_feedback"));
  CHECK(refusal(varying, 4, true, true) == "");
  CHECK(refusal({.graph = one_peer_exponential(4)}, 4, false, false) == "");
}

TEST_CASE("gossip: a graph that was written by hand is checked like any other") {
  mixing_rows const islands{{{0, 0.5}, {1, 0.5}}, {{0, 0.5}, {1, 0.5}}, {{2, 0.5}, {3, 0.5}}, {{2, 0.5}, {3, 0.5}}};
  mixing_graph const by_hand{"islands", 4, {islands}};
  CHECK(says(refusal({.graph = by_hand}, 4, false, false), "gossip: the graph is not connected"));
  CHECK(says(refusal({.graph = by_hand, .consensus_step = 0.1}, 4, true, true), "gossip: the graph is not connected"));
  CHECK(says(refusal({.graph = {"nothing", 4, {}}}, 4, false, false), "gossip: the graph has no rounds"));
}

TEST_CASE("gossip: rounds walk through the graph's matrices, step after step") {
  mixing_graph const g = one_peer_exponential(8);
  gossip const two{.graph = g, .rounds = 2};
  for (int step = 1; step <= 7; ++step)
    for (int round = 0; round < 2; ++round)
      for (int m = 0; m < 8; ++m) CHECK(two.sources(step, round, m, 8) == g.row(2 * (step - 1) + round, m));
  CHECK(two.rounds_per_exchange() == 2);
  CHECK(two.sources(1, 0, 0, 8) == std::vector<edge>{{0, 0.5}, {1, 0.5}});
  CHECK(two.sources(2, 0, 0, 8) == std::vector<edge>{{0, 0.5}, {4, 0.5}});
}

TEST_CASE("gossip: the rule follows from the compressor, the order from the field") {
  static_assert(std::is_same_v<rule_of<gossip, true, feedback::none>, mixing>);
  static_assert(std::is_same_v<rule_of<gossip, false, feedback::none>, choco>);
  static_assert(std::is_same_v<rule_of<gossip, false, feedback::error>, deep_squeeze>);
  CHECK_FALSE(gossip{.graph = ring(2)}.combines_first());
  CHECK(gossip{.graph = ring(2), .order = gossip_order::combine_then_adapt}.combines_first());
  CHECK(gossip{.graph = ring(2)}.name() == "gossip-ring");
  CHECK(gossip{.graph = one_peer_exponential(2)}.name() == "gossip-one-peer-exponential");
}

}  // namespace gossip_tests
