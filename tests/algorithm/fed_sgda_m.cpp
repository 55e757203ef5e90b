// Methods with local steps and estimates, FedSGDA-M and CDMA, against plain loops.
#include "saddle/algorithm/fed_sgda_m.hpp"

#include "naive_estimates.hpp"
#include "saddle/algorithm/cdma.hpp"

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

TEST_CASE("CDMA of all workers is its plain loop") {
  test::heterogeneous_game const noisy(0.3);
  auto how = cdma<>::of(5, 8);
  CHECK(how.optimizer.policy.step_size(1) == 0.01);
  how.optimizer.policy = {0.02};
  trainer<double> t{noisy, how, loopback{8}, cpu{}};
  rows w(8, test::vector(20)), u, mean;
  for (std::int64_t step = 1; step <= 100; ++step) {
    if (step % 5 == 1) {
      u = w;
      mean = test::averaged(test::fields(noisy, u, step, full_batch));
    }
    w = test::each([](int, double x, double here, double there, double all) { return x - 0.02 * (here - there + all); },
                   w, test::fields(noisy, w, step), test::fields(noisy, u, step), mean);
    if (step % 5 == 0) w = test::averaged(w);
    t.step();
    CHECK(test::distance(t, w) < 1e-13);
  }
}

TEST_CASE("CDMA: exact with noise of samples, of all workers and of some of them") {
  test::heterogeneous_game const noisy(0.2);
  for (int present : {8, 4}) {
    auto how = cdma<>::of(5, present);
    how.optimizer.policy = {0.02};
    trainer<double> t{noisy, how, loopback{8}, cpu{}};
    t.run(10000);
    double const left = test::distance(t, noisy.solution());
    MESSAGE("CDMA, ", present, " of 8 workers: ", left);
    CHECK(left < 1e-12);
    test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
  }
}

}  // namespace fed_sgda_m_tests
