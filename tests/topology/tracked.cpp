#include "saddle/topology/tracked.hpp"

#include "../heterogeneous.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace tracked_tests {

using namespace saddle;
using test::distance_after;

TEST_CASE(
    "tracked local steps on a server, FedGDA-GT: exact for every length of a round, where plain ones are biased") {
  for (int k : {1, 5, 20})
    CHECK(distance_after(6000, sgda{0.02}, identity{}, tracked{local_steps{parameter_server{}, k}}) < 1e-13);
  test::halves_with_the_step_size([](int steps, double eta) {
    return distance_after(steps, sgda{eta}, identity{}, local_steps{parameter_server{}, 5});
  });
}

TEST_CASE("tracked gossip, GT-GDA, GT-EG and GT-OMD: exact, where plain gossip is biased") {
  gossip const ring8{.graph = ring(8)};
  CHECK(distance_after(6000, sgda{0.03}, identity{}, tracked{ring8}) < 1e-13);
  CHECK(distance_after(3000, extragradient{0.1}, identity{}, tracked{ring8}) < 1e-13);
  CHECK(distance_after(6000, omd{0.05}, identity{}, tracked{ring8}) < 1e-13);
  test::halves_with_the_step_size(
      [&](int steps, double eta) { return distance_after(steps, sgda{eta}, identity{}, ring8); });
}

TEST_CASE("tracked gossip that combines before it adapts: exact, where the plain one is biased") {
  gossip const late{.graph = ring(8), .order = gossip_order::combine_then_adapt};
  CHECK(distance_after(6000, sgda{0.03}, identity{}, tracked{late}) < 1e-13);
  test::halves_with_the_step_size(
      [&](int steps, double eta) { return distance_after(steps, sgda{eta}, identity{}, late); });
}

TEST_CASE("omd with error feedback on a server, DQGAN: biased, and exact under a tracker") {
  error_feedback const largest{top_k<128, 3>{}};
  CHECK(distance_after(8000, omd{0.02}, largest, tracked{parameter_server{}}) < 1e-13);
  // It does not come to rest: what is sent goes in turns.
  for (double eta : {0.02, 0.01, 0.005})
    CHECK(distance_after(static_cast<int>(60 / eta), omd{eta}, largest, parameter_server{}) / eta ==
          doctest::Approx(1.5).epsilon(0.15));
}

TEST_CASE("tracked gossip of compressed differences, and tracked servers with error feedback: exact") {
  using sparse = top_k<128, 3>;
  gossip const choco{.graph = ring(8), .consensus_step = 0.2};
  CHECK(distance_after(20000, sgda{0.02}, sparse{}, tracked{choco}) < 1e-12);
  CHECK(distance_after(8000, sgda{0.02}, error_feedback{sparse{}}, tracked{parameter_server{}}) < 1e-12);
  using down = error_feedback<sparse>;
  CHECK(distance_after(12000, sgda{0.02}, error_feedback{sparse{}}, tracked{local_steps{parameter_server<down>{}, 3}}) <
        1e-12);
}

TEST_CASE("tracked: a matrix that moves the mean is refused") {
  mixing_rows const uneven{{{0, 0.5}, {1, 0.5}}, {{0, 0.2}, {1, 0.8}}};
  gossip const rows{.graph = {.name = "rows", .workers = 2, .rounds = {uneven}, .sums = stochastic::rows}};
  CHECK_THROWS_WITH_AS(check_topology(tracked{rows}, 2, false, false),
                       doctest::Contains("needs a doubly stochastic matrix"), std::invalid_argument);
}

TEST_CASE("tracked: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  gossip const choco{.graph = ring(8), .consensus_step = 0.2};
  test::is_repeatable(
      [&](int threads) { return test::trainer_of(noisy, sgda{0.02}, top_k<128, 3>{}, tracked{choco}, threads); });
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, sgda{0.02}, identity{}, tracked{local_steps{parameter_server{}, 5}}, threads);
  });
}

}  // namespace tracked_tests
