// DRFA against a plain loop, and on losses whose worst case is known.
#include "saddle/algorithm/drfa.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "../heterogeneous.hpp"
#include "../parabolas.hpp"
#include "saddle/problem/distributionally_robust.hpp"

namespace drfa_tests {

using namespace saddle;
using test::vector;
using robust = distributionally_robust<test::parabolas>;

namespace {

trainer<double> over(robust const& p, drfa<> const& how, int threads = 1) {
  return {p, how, loopback{p.workers()}, cpu{threads}};
}
drfa<> with(double step_size, double of_lambda, int tau, int workers, double floor = 1e-3) {
  return {.optimizer = {{{step_size}, {of_lambda}}, constrains::max, floor},
          .topology = {.topology = {{}, workers}, .every = tau}};
}
vector onto_simplex(vector x, double floor) {
  double low = -100, high = 100;
  for (int n = 0; n < 200; ++n) {
    double const shift = (low + high) / 2;
    double sum = 0;
    for (double v : x) sum += std::max(v - shift, floor);
    (sum > 1 ? low : high) = shift;
  }
  for (double& v : x) v = std::max(v - low, floor);
  return x;
}

}  // namespace

TEST_CASE("DRFA is a plain loop over rounds; workers that are not drawn keep what they had") {
  int const tau = 5, workers = 3;
  std::size_t const d = 2;
  robust const p{{.centres = {-1, 0.2, 3, 0.5, 1}, .dimension = 2, .noise = 0.1}, 0.1};
  drfa<> const how = with(0.05, 0.03, tau, workers);
  auto t = over(p, how);
  vector w(d), lambda(5, 0.2), at = w, next_at(d);
  std::vector<vector> kept(5, w);
  int absences = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<int> here;
    for (int m = 0; m < 5; ++m)
      if (takes_part(how.topology, 1, round * tau + 1, m, 5)) here.push_back(m);
    REQUIRE(here.size() == workers);
    std::vector<vector> own(5, w);
    for (int k = 0; k < tau; ++k) {
      std::int64_t const step = round * tau + k + 1;
      struct run {
        local_steps<sampled<parameter_server<>>> topology;
        std::uint64_t seed;
      } const r{how.topology, 1};
      if (detail::is_checkpoint::at(r, step)) {
        CHECK(k >= 1);
        for (int m : here) kept[static_cast<std::size_t>(m)] = own[static_cast<std::size_t>(m)];
      }
      for (int m : here) {
        vector& mine = own[static_cast<std::size_t>(m)];
        vector g(d);
        p.losses.gradient({mine, {}}, {1, m, step, 0}, {g, {}});
        for (std::size_t i = 0; i < d; ++i) mine[i] -= 0.05 * 5 * lambda[static_cast<std::size_t>(m)] * g[i];
      }
      t.step();
    }
    w.assign(d, 0);
    next_at.assign(d, 0);
    vector moved = lambda;
    for (int m : here) {
      auto const j = static_cast<std::size_t>(m);
      for (std::size_t i = 0; i < d; ++i) w[i] += own[j][i] / workers, next_at[i] += kept[j][i] / workers;
      double const loss = p.losses.loss({at, {}}, {1, m, (round + 1) * tau, 2});
      moved[j] += 0.03 * 5.0 / workers * (loss - 0.1 * (lambda[j] - 0.2));
    }
    at = next_at;
    lambda = onto_simplex(moved, 1e-3);
    for (int m = 0; m < 5; ++m) {
      auto const j = static_cast<std::size_t>(m);
      vector all = w;
      all.insert(all.end(), lambda.begin(), lambda.end());
      REQUIRE(test::distance(test::joined(t.weights(m)), all) < 1e-12);
      auto const checkpoint = t.array("checkpoint", m).min;
      REQUIRE(test::distance(vector(checkpoint.begin(), checkpoint.end()), kept[j]) < 1e-12);
      absences += std::ranges::find(here, m) == here.end() ? 1 : 0;
    }
    auto const mean = t.array("mean_checkpoint", 0).min;
    REQUIRE(test::distance(vector(mean.begin(), mean.end()), at) < 1e-12);
  }
  CHECK(absences == 60 * 2);
}

TEST_CASE("DRFA comes to the point where the worst loss is least, up to rounding if all take part") {
  for (int tau : {1, 5}) {
    auto t = over({}, with(0.02, 0.01 * tau, tau, 3, 0));
    t.run(20000);
    auto const [w, lambda] = t.weights(0);
    MESSAGE(tau, " local steps: w ", w[0], ", lambda ", lambda[0], " ", lambda[1], " ", lambda[2]);
    CHECK(test::distance(test::joined(t.weights(0)), {1, 0.5, 0, 0.5}) < 1e-12);
  }
  auto floored = over({}, with(0.02, 0.05, 5, 3));
  floored.run(20000);
  CHECK(floored.weights(0).max[1] == doctest::Approx(1e-3).epsilon(1e-12));
  CHECK(std::abs(floored.weights(0).min[0] - 1) < 1e-2);
  // With two of three, and samples that differ, around it; without weights it would be the mean of the centres, 0.733.
  auto t = over({{.noise = 0.3}}, with(0.002, 0.002, 5, 2));
  vector mean(4);
  t.run(20000);
  for (int n = 0; n < 20000; ++n) {
    t.step();
    vector const now = test::joined(t.weights(0));
    for (std::size_t i = 0; i < 4; ++i) mean[i] += now[i] / 20000;
  }
  MESSAGE("two of three: w ", mean[0], ", lambda ", mean[1], " ", mean[2], " ", mean[3]);
  CHECK(test::distance(mean, {1, 0.5, 0, 0.5}) < 0.05);
}

TEST_CASE("DRFA: the bits do not depend on threads, nor on a checkpoint in the middle of a round") {
  robust const p{{.centres = {-1, 0.2, 3, 0.5, 1}, .dimension = 300, .noise = 0.1}, 0.1};
  test::is_repeatable([&](int threads) { return over(p, with(0.05, 0.03, 5, 3), threads); }, 33);
}

}  // namespace drfa_tests
