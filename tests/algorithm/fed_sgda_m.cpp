// Methods with local steps and estimates, FedSGDA-M and CDMA, against plain loops.
#include "saddle/algorithm/fed_sgda_m.hpp"

#include "naive_estimates.hpp"
#include "saddle/algorithm/cdma.hpp"
#include "saddle/topology/tracked.hpp"

namespace fed_sgda_m_tests {

using namespace saddle;
using test::rows;

TEST_CASE("FedSGDA-M is its plain loop: in a round w and v become means, and w moves along v's") {
  test::heterogeneous_game const noisy(0.3);
  fed_sgda_m<> const how{.optimizer = {{{0.01}, {0.03}}, 0.2}, .topology = {{.every = 4}}};
  trainer<double> t{noisy, how, loopback{8}, cpu{}};
  rows w(8, test::vector(20)), w_old = w, v = w;
  for (std::int64_t step = 1; step <= 100; ++step) {
    if (step == 1) v = test::fields(noisy, w, step, full_batch);
    else
      v = test::each([](int, double here, double old, double there) { return here + 0.8 * (old - there); },
                     test::fields(noisy, w, step), v, test::fields(noisy, w_old, step));
    w_old = w;
    if (step % 4 == 0) v = test::averaged(v), w = test::averaged(w);
    w = test::each([](int p, double x, double d) { return x - (p == 0 ? 0.01 : 0.03) * d; }, w, v);
    t.step();
    CHECK(test::distance(t, w) < 1e-13);
  }
  CHECK(t.report().uplink.payload == 25 * 8 * 2 * 20 * 8);
  test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
}

TEST_CASE("FedSGDA-M without noise: exact if it forgets nothing, else a bias that halves with the step size") {
  test::heterogeneous_game const game;
  auto const left = [&](int steps, double eta, double beta) {
    trainer<double> t{game, fed_sgda_m<>{{{{eta}, {eta}}, beta}, {}, {{.every = 5}}}, loopback{8}, cpu{}};
    t.run(steps);
    double const distance = test::distance(t, game.solution());
    MESSAGE("FedSGDA-M, step ", eta, ", beta ", beta, ": ", distance);
    return distance;
  };
  CHECK(left(6000, 0.02, 0) < 1e-12);
  test::halves_with_the_step_size([&](int steps, double eta) { return left(steps, eta, 0.3); });
}

TEST_CASE("CDMA is its plain loop, of all workers and of those who are drawn") {
  test::heterogeneous_game const noisy(0.3);
  for (int present : {8, 3}) {
    auto how = cdma<>::of(5, present);
    CHECK(how.optimizer.policy.step_size(1) == 0.01);
    trainer<double> t{noisy, how, loopback{8}, cpu{}};
    test::vector u(20);
    for (std::int64_t round = 0; round < 20; ++round) {
      std::vector<int> drawn;
      for (int m = 0; m < 8; ++m)
        if (how.topology.topology.topology.takes_part(1, 5 * round + 1, m, 8)) drawn.push_back(m);
      CHECK(static_cast<int>(drawn.size()) == present);
      test::vector mean(20), next(20);
      for (int m : drawn)
        for (std::size_t i = 0; i < 20; ++i)
          mean[i] += noisy.field(u, {1, m, 5 * round + 1, full_batch})[i] / present;
      for (int m : drawn) {
        test::vector w = u;
        for (std::int64_t step = 5 * round + 1; step <= 5 * round + 5; ++step) {
          test::vector const here = noisy.field(w, {1, m, step, 0}), there = noisy.field(u, {1, m, step, 0});
          for (std::size_t i = 0; i < 20; ++i) w[i] -= 0.01 * (here[i] - there[i] + mean[i]);
        }
        for (std::size_t i = 0; i < 20; ++i) next[i] += w[i] / present;
      }
      u = next;
      t.run(5);
      CHECK(test::distance(t, u) < 1e-13);
    }
    test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
  }
}

TEST_CASE("CDMA with noise of samples: exact of all workers, and of some of them if a tracker remembers the others") {
  test::heterogeneous_game const noisy(0.2);
  auto const left = [&](auto how) {
    how.optimizer.policy = {0.02};
    trainer<double> t{noisy, how, loopback{8}, cpu{}};
    t.run(10000);
    double const distance = test::distance(t, noisy.solution());
    MESSAGE(t.report().topology, ": ", distance);
    return distance;
  };
  CHECK(left(cdma<>::of(5, 8)) < 1e-12);
  CHECK(left(cdma<>::of(5, 4)) > 1e-2);
  CHECK(left(cdma<sgda, tracked>::of(5, 4)) < 1e-12);
}

}  // namespace fed_sgda_m_tests
