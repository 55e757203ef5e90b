#include "saddle/topology/recentred.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/sampled.hpp"
#include "saddle/topology/tracked.hpp"

namespace recentred_tests {

using namespace saddle;

TEST_CASE("recentred: where all workers are there it is tracked, up to rounding") {
  test::heterogeneous_game const noisy(0.3);
  auto a = test::trainer_of(noisy, sgda{0.02}, identity{}, recentred{local_steps{parameter_server{}, 5}});
  auto b = test::trainer_of(noisy, sgda{0.02}, identity{}, tracked{local_steps{parameter_server{}, 5}});
  for (int k = 0; k < 300; ++k) {
    a.step();
    b.step();
    for (int m : {0, 7}) CHECK(test::distance(test::joined(a.weights(m)), test::joined(b.weights(m))) < 1e-13);
  }
  CHECK(test::distance_after(6000, sgda{0.02}, identity{}, recentred{local_steps{parameter_server{}, 5}}) < 1e-13);
}

TEST_CASE("recentred: the mean is that of those who are drawn, and no other worker's estimate is remembered in it") {
  test::heterogeneous_game const noisy(0.3);
  sampled const some{parameter_server{}, 3};
  auto t = test::trainer_of(noisy, sgda{0.02}, identity{}, recentred{local_steps{some, 2}});
  for (std::int64_t step = 1; step <= 60; ++step) {
    test::vector mean(20);
    for (int m = 0; m < 8; ++m)
      if (some.takes_part(1, step - (step + 1) % 2, m, 8))
        for (std::size_t i = 0; i < 20; ++i)
          mean[i] += noisy.field(test::joined(t.weights(m)), {1, m, step, 0})[i] / 3;
    t.step();
    if (step % 2 == 1) CHECK(test::distance(test::joined(t.array("round_mean", 0)), mean) < 1e-13);
  }
}

}  // namespace recentred_tests
