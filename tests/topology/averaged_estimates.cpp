#include "saddle/topology/averaged_estimates.hpp"

#include "../heterogeneous.hpp"
#include "saddle/estimator/storm.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace averaged_estimates_tests {

using namespace saddle;

TEST_CASE("averaged_estimates: on a server all hold one estimate after a round, and their own within it") {
  test::heterogeneous_game const noisy(0.3);
  auto t = test::trainer_of(noisy, hybrid_momentum{sgda{0.02}}, identity{},
                            averaged_estimates{local_steps{parameter_server{}, 3}});
  for (int step = 1; step <= 12; ++step) {
    t.step();
    CHECK((test::joined(t.array("est", 0)) == test::joined(t.array("est", 7))) == (step % 3 == 0));
  }
}

TEST_CASE("averaged_estimates: over a graph an estimate becomes the neighbours' weighted mean") {
  test::heterogeneous_game const noisy(0.3);
  gossip const ring8{.graph = ring(8)};
  auto t = test::trainer_of(noisy, hybrid_momentum{sgda{0.02}, 0.25}, identity{}, averaged_estimates{ring8});
  std::vector<test::vector> est(8, test::vector(20)), w_old = est;
  for (std::int64_t step = 1; step <= 40; ++step) {
    std::vector<test::vector> own;
    for (int m = 0; m < 8; ++m) {
      auto const j = static_cast<std::size_t>(m);
      test::vector const w = test::joined(t.weights(m));
      if (step == 1) {
        own.push_back(noisy.field(w, {1, m, step, full_batch}));
      } else {
        test::vector v = noisy.field(w, {1, m, step, 0});
        test::vector const there = noisy.field(w_old[j], {1, m, step, 0});
        for (std::size_t i = 0; i < 20; ++i) v[i] += 0.75 * (est[j][i] - there[i]);
        own.push_back(v);
      }
      w_old[j] = w;
    }
    t.step();
    for (int m = 0; m < 8; ++m) {
      test::vector mixed(20);
      for (edge const& e : ring8.graph.row(0, m))
        for (std::size_t i = 0; i < 20; ++i) mixed[i] += e.weight * own[static_cast<std::size_t>(e.worker)][i];
      est[static_cast<std::size_t>(m)] = mixed;
      CHECK(test::distance(test::joined(t.array("est", m)), mixed) < 1e-13);
    }
  }
}

}  // namespace averaged_estimates_tests
