#include "saddle/topology/local_steps.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/topology/circulant.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/parameter_server.hpp"

using namespace saddle;

namespace {

template <class Tp>
concept can_combine_first = requires(Tp const t) { t.combines_first(); };

std::string refusal(auto const& t, int workers, bool lossy, bool memory) {
  try {
    t.check(workers, lossy, memory);
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("local_steps: around a server there is an anchor, around gossip its own scheme") {
  using served = local_steps<parameter_server<>>;
  using gossiped = local_steps<gossip>;
  static_assert(topology<served> && topology<gossiped>);
  static_assert(std::is_same_v<served::scheme<true, feedback::none>, updates<feedback::none, true>>);
  static_assert(std::is_same_v<served::scheme<false, feedback::difference>, updates<feedback::difference, true>>);
  static_assert(std::is_same_v<gossiped::scheme<true, feedback::none>, mixing<false>>);
  static_assert(std::is_same_v<gossiped::scheme<false, feedback::none>, choco<false>>);
  static_assert(std::is_same_v<gossiped::late_scheme<false, feedback::error>, deep_squeeze<true>>);
  static_assert(can_combine_first<gossiped> && !can_combine_first<served>);
  CHECK(served{}.name() == "local-parameter-server");
  CHECK(gossiped{gossip{ring(3)}, 2}.name() == "local-gossip-ring");
  CHECK(gossiped{gossip{.graph = ring(3), .order = gossip_order::combine_then_adapt}, 2}.combines_first());
  CHECK(gossiped{gossip{.graph = ring(3), .rounds = 4}, 2}.rounds_per_exchange() == 4);
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
