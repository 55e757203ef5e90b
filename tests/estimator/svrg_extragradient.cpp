#include "saddle/estimator/svrg_extragradient.hpp"

#include "../heterogeneous.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"

namespace svrg_extragradient_tests {

using namespace saddle;

TEST_CASE("svrg_extragradient: its recursion, on one worker a plain loop over the paper's") {
  test::heterogeneous_game noisy(0.3);
  noisy.matrix.resize(1);
  noisy.offset.resize(1);
  double const eta = 0.05, p = 0.2;
  svrg_extragradient const o{eta, p};
  auto t = test::trainer_of(noisy, o, identity{}, parameter_server{});
  test::vector z(20), u(20), full(20);
  int snapshots = 0;
  for (std::int64_t step = 1; step <= 200; ++step) {
    if (o.refreshes(1, step)) u = z, full = noisy.field(u, {1, 0, step, full_batch}), ++snapshots;
    test::vector h(20), from(20);
    for (std::size_t i = 0; i < 20; ++i) h[i] = (from[i] = (1 - p) * z[i] + p * u[i]) - eta * full[i];
    test::vector const here = noisy.field(h, {1, 0, step, 0}), there = noisy.field(u, {1, 0, step, 0});
    for (std::size_t i = 0; i < 20; ++i) z[i] = from[i] - eta * (here[i] - there[i] + full[i]);
    t.step();
    CHECK(test::distance(test::joined(t.look_ahead(0)), h) < 1e-13);
    CHECK(test::distance(t, z) < 1e-13);
  }
  CHECK(snapshots > 20);
  CHECK(snapshots < 62);
  CHECK(t.report().gradients == 200 * 2 + snapshots);
  t.run(3000);
  CHECK(test::distance(t, noisy.solution()) < 1e-13);
}

TEST_CASE("svrg_extragradient: at p = 1 and without noise it is extragradient") {
  test::heterogeneous_game const game;
  auto a = test::trainer_of(game, svrg_extragradient{0.05, 1}, identity{}, tracked{parameter_server{}});
  auto b = test::trainer_of(game, extragradient{0.05}, identity{}, tracked{parameter_server{}});
  a.run(100);
  b.run(100);
  CHECK(test::distance(test::joined(a.weights(0)), test::joined(b.weights(0))) < 1e-14);
}

TEST_CASE("svrg_extragradient: its numbers") {
  static_assert(can_be_paced<svrg_extragradient> && says_its_step_size<svrg_extragradient>);
  CHECK(svrg_extragradient{}.objection() == "");
  CHECK(svrg_extragradient{0.1, 0}.objection() == "svrg_extragradient: refresh lies in (0, 1], and is 0");
}

}  // namespace svrg_extragradient_tests
