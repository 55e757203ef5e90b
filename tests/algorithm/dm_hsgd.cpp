// DM-HSGD and DGDA-VR against plain loops over their papers' iterations: they differ in how v goes on.
#include "saddle/algorithm/dm_hsgd.hpp"

#include "naive_estimates.hpp"
#include "saddle/algorithm/dgda_vr.hpp"

namespace dm_hsgd_tests {

using namespace saddle;
using test::rows;

namespace {

/// next(step, w, w_old, v) is v at w.
template <class S, class Next>
trainer<double> equals_loop(S const& how, test::heterogeneous_game const& game, Next const& next) {
  double const eta[] = {0.01, 0.03};
  mixing_rows const w_ij = ring(8).rounds[0];
  trainer<double> t{game, how, loopback{8}, cpu{}};
  rows w(8, test::vector(20)), w_old = w, v = w, u = w;
  for (std::int64_t step = 1; step <= 100; ++step) {
    rows const v_old = v;
    v = next(step, w, w_old, v);
    u = test::mixed(w_ij, test::each(test::follows, u, v, v_old));
    w_old = w;
    w = test::each([&](int p, double x, double d) { return x - eta[p] * d; }, test::mixed(w_ij, w), u);
    t.step();
    CHECK(test::distance(t, w) < 1e-13);
  }
  CHECK(test::distance(test::mean_of(t, "s"), test::mean_of(t, "est")) < 1e-14);
  return t;
}

}  // namespace

TEST_CASE("DM-HSGD is its plain loop, and its bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  auto how = dm_hsgd<>::over(ring(8));
  CHECK(how.optimizer.beta == 0.01);
  how.optimizer = {.policy = {{0.01}, {0.03}}, .beta = 0.1, .beta_max = 0.2};
  equals_loop(how, noisy, [&](std::int64_t step, rows const& w, rows const& w_old, rows const& v) {
    if (step == 1) return test::fields(noisy, w, step, full_batch);
    auto const goes_on = [](int p, double here, double old, double there) {
      return here + (p == 0 ? 0.9 : 0.8) * (old - there);
    };
    return test::each(goes_on, test::fields(noisy, w, step), v, test::fields(noisy, w_old, step));
  });
  test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
}

TEST_CASE("DGDA-VR is its plain loop, and exact with noise of samples") {
  test::heterogeneous_game const noisy(0.3);
  auto how = dgda_vr<>::over(ring(8));
  how.optimizer.policy = {{0.01}, {0.03}};
  how.optimizer.every = 5;
  auto t = equals_loop(how, noisy, [&](std::int64_t step, rows const& w, rows const& w_old, rows const& v) {
    if (step % 5 == 1) return test::fields(noisy, w, step, full_batch);
    return test::each(test::follows, v, test::fields(noisy, w, step), test::fields(noisy, w_old, step));
  });
  t.run(10000);
  double const left = test::distance(t, noisy.solution());
  MESSAGE("DGDA-VR: ", left);
  CHECK(left < 1e-12);
  test::is_repeatable([&](int threads) { return trainer<double>{noisy, how, loopback{8}, cpu{threads}}; });
}

}  // namespace dm_hsgd_tests
