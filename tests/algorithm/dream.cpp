// DREAM and MC-SVRE, whose exchanges are accelerated gossip, against plain loops.
#include "saddle/algorithm/dream.hpp"

#include "naive_estimates.hpp"
#include "saddle/algorithm/svre.hpp"

namespace dream_tests {

using namespace saddle;
using test::rows;

namespace {

double const rho = 0.8047378541243650;

rows fast_mix(rows const& x, int rounds) {
  double const root = std::sqrt(1 - rho * rho), beta = (1 - root) / (1 + root);
  return loops::mixed_fast(ring(8), rounds, [&](int) { return beta; }, x);
}

}  // namespace

TEST_CASE("DREAM is its plain loop: two coins, large batches and accelerated gossip of both vectors") {
  test::heterogeneous_game const noisy(0.3);
  auto how = dream<>::over(ring(8), 1 - rho, 3);
  CHECK(how.optimizer.policy.min.step_size(1) == 0.1);
  CHECK(how.optimizer.policy.max.step_size(1) == 1);
  CHECK(how.optimizer.batch.samples == 2);
  how.optimizer.policy = {{0.01}, {0.03}};
  trainer<double> t{noisy, how, loopback{8}, cpu{}};
  rows w(8, test::vector(20)), w_old = w, v = w, u = w;
  int large = 0, followed = 0;
  for (std::int64_t step = 1; step <= 100; ++step) {
    rows const v_old = v;
    if (how.optimizer.refreshes(1, step)) {
      v = test::mean_fields(noisy, w, step, 2);
      ++large;
    } else if (how.optimizer.corrects(1, step)) {
      v = test::each([](int, double s, double here, double there) { return s + (here - there) / 0.5; }, v,
                     test::fields(noisy, w, step), test::fields(noisy, w_old, step));
      ++followed;
    }
    u = fast_mix(test::each(test::follows, u, v, v_old), 3);
    w_old = w;
    w = fast_mix(test::each([](int p, double x, double d) { return x - (p == 0 ? 0.01 : 0.03) * d; }, w, u), 3);
    t.step();
    CHECK(test::distance(t, w) < 1e-12);
  }
  CHECK(large > 30);
  CHECK(large < 70);
  CHECK(followed > 10);
  CHECK(followed < 40);
  test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
  CHECK_THROWS_WITH_AS((trainer<double>{noisy, dream<>::over(ring(8), 1 - rho, 2), loopback{8}, cpu{}}),
                       doctest::Contains("in so few rounds fast_mix can drive the workers apart"),
                       std::invalid_argument);
}

TEST_CASE("MC-SVRE is its plain loop, and exact with noise of samples") {
  test::heterogeneous_game const noisy(0.3);
  double const eta = 0.05, p = 0.2;
  mc_svre const how = mc_svre_over(ring(8), 1 - rho, 3, {eta, p});
  trainer<double> t{noisy, how, loopback{8}, cpu{}};
  rows w(8, test::vector(20)), u = w, full = w, s = w;
  for (std::int64_t step = 1; step <= 100; ++step) {
    rows const full_old = full;
    if (how.optimizer.refreshes(1, step)) full = test::fields(noisy, u = w, step, full_batch);
    s = fast_mix(test::each(test::follows, s, full, full_old), 3);
    rows const from = test::each([&](int, double a, double b) { return (1 - p) * a + p * b; }, w, u);
    auto const along = [&](int, double x, double g) { return x - eta * g; };
    rows const h = test::each(along, from, s);
    rows const g = test::each(test::follows, s, test::fields(noisy, h, step), test::fields(noisy, u, step));
    w = fast_mix(test::each(along, from, g), 3);
    t.step();
    CHECK(test::distance(t, w) < 1e-12);
  }
  t.run(3000);
  double const left = test::distance(t, noisy.solution());
  MESSAGE("MC-SVRE: ", left);
  CHECK(left < 1e-12);
  test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
}

}  // namespace dream_tests
