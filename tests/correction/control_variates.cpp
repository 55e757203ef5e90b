#include "saddle/correction/control_variates.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/controlled.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace control_variates_tests {

using namespace saddle;

TEST_CASE("control variates: their mean over the workers stays 0, with noise and at every time") {
  test::heterogeneous_game const noisy(0.3);
  test::vector const zero(20);
  auto const check = [&](auto topology) {
    auto t = test::trainer_of(noisy, sgda{0.01}, identity{}, topology);
    double most = 0;
    for (int k = 0; k < 500; ++k) {
      t.step();
      CHECK(test::distance(test::mean_of(t, "c"), zero) < 1e-12);
      most = std::max(most, test::distance(test::joined(t.array("c", 3)), zero));
    }
    CHECK(most > 0.1);
  };
  check(controlled{local_steps{parameter_server{}, 5}});
  check(controlled{local_steps{parameter_server{}, 1, 0.2}});
  check(controlled{local_steps{gossip{.graph = ring(8)}, 5}});
}

}  // namespace control_variates_tests
