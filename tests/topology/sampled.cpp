#include "saddle/topology/sampled.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"

namespace sampled_tests {

using namespace saddle;

TEST_CASE("sampled: so many workers a round, each as often as the others, anew each time") {
  sampled const three{parameter_server{}, 3};
  std::vector<int> times(8);
  for (std::int64_t step = 1; step <= 4000; ++step) {
    int here = 0;
    for (int m = 0; m < 8; ++m) {
      bool const there = takes_part(three, 5, step, m, 8);
      here += there ? 1 : 0;
      times[static_cast<std::size_t>(m)] += there ? 1 : 0;
    }
    CHECK(here == 3);
  }
  for (int n : times) CHECK(std::abs(n - 1500) < 130);  // four deviations
}

TEST_CASE("sampled: the draw lasts for a round, inside of local_steps and outside") {
  auto const check = [](auto const& topology) {
    for (std::int64_t step = 1; step <= 200; ++step)
      for (int m = 0; m < 8; ++m)
        if (step > 1 && !is_exchange_step(topology, 5, step - 1))
          CHECK(takes_part(topology, 5, step, m, 8) == takes_part(topology, 5, step - 1, m, 8));
  };
  check(sampled{local_steps{parameter_server{}, 5}, 4});
  check(local_steps{sampled{parameter_server{}, 4}, 5});
  check(sampled{local_steps{parameter_server{}, 1, 0.3}, 4});
  check(tracked{local_steps{sampled{parameter_server{}, 4}, 1, 0.3}});
}

TEST_CASE("sampled: eight of eight are all") {
  test::heterogeneous_game const game;
  auto a = test::trainer_of(game, sgda{0.02}, identity{}, tracked{local_steps{parameter_server{}, 5}});
  auto b = test::trainer_of(game, sgda{0.02}, identity{}, tracked{local_steps{sampled{parameter_server{}, 8}, 5}});
  a.run(300);
  b.run(300);
  CHECK(a.digest() == b.digest());
}

TEST_CASE("sampled: FedGDA-GT with half of the workers in a round is exact") {
  CHECK(test::distance_after(25000, sgda{0.02}, identity{}, tracked{local_steps{sampled{parameter_server{}, 4}, 5}}) <
        1e-13);
}

TEST_CASE("sampled: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, sgda{0.02}, identity{}, tracked{local_steps{sampled{parameter_server{}, 4}, 5}},
                            threads);
  });
}

TEST_CASE("sampled: a number of workers that there are") {
  CHECK_THROWS_WITH_AS((sampled{parameter_server{}, 9}.check(8, false, false)), doctest::Contains("and is 9"),
                       std::invalid_argument);
  CHECK_THROWS_AS((sampled{parameter_server{}, 0}.check(8, false, false)), std::invalid_argument);
}

}  // namespace sampled_tests
