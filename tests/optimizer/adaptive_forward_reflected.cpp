#include "saddle/optimizer/adaptive_forward_reflected.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../heterogeneous.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/tracked.hpp"

namespace adaptive_forward_reflected_tests {

using namespace saddle;
using test::vector;

namespace {

using averaging_server = parameter_server<exact_downlink, adapts::on_average>;
using optimizer = adaptive_forward_reflected;

double step_of(trainer<double> const& t, int m) { return t.array("scalars", m).min[optimizer::now]; }

}  // namespace

TEST_CASE("adaptive_forward_reflected: the recursion, with the change of each worker or that of the average") {
  test::heterogeneous_game const game;
  auto const follows = [&](auto topology, bool of_average) {
    auto t = test::trainer_of(game, optimizer{.step_size = 2}, identity{}, topology);
    vector w(20), last_w(20), last_mean(20);
    std::vector<vector> last(8, vector(20));
    double now = 0;
    int shortened = 0;
    for (int step = 1; step <= 60; ++step) {
      vector mean(20), g(20);
      double changes = 0;
      std::span<double> const out(g);
      std::span<double const> const in(w);
      for (std::size_t m = 0; m < 8; ++m) {
        game.gradient({in.first(10), in.last(10)}, {1, static_cast<int>(m), step, 0}, {out.first(10), out.last(10)});
        changes += std::pow(test::distance(g, last[m]), 2) / 8;
        last[m] = g;
        for (std::size_t i = 0; i < 20; ++i) mean[i] += g[i] / 8;
      }
      if (of_average) changes = std::pow(test::distance(mean, last_mean), 2);
      double const before = now, most = 0.4 * test::distance(w, last_w) / std::sqrt(changes);
      now = step == 1 ? 2 : std::min(now, most);
      shortened += now < before ? 1 : 0;
      last_w = w;
      for (std::size_t i = 0; i < 20; ++i) w[i] -= now * mean[i] + before * (mean[i] - last_mean[i]);
      last_mean = mean;
      t.step();
      REQUIRE(step_of(t, 3) == doctest::Approx(now).epsilon(1e-12));
      REQUIRE(test::distance(t, w) < 1e-11);
    }
    CHECK(shortened > 1);
  };
  follows(parameter_server<>{}, false);
  follows(averaging_server{}, true);
}

TEST_CASE("adaptive_forward_reflected: exact from any step that is not too short, with one step size for all") {
  test::heterogeneous_game const game;
  auto const left = [&](auto topology, double step_size, int steps) {
    auto t = test::trainer_of(game, optimizer{step_size}, identity{}, topology);
    t.run(steps / 20);
    double const l = step_of(t, 0), near = test::distance(t, game.solution());
    CHECK(near > 1e-9);  // where changes are rounding errors l says nothing of L, which is about 2
    CHECK(l > (topology_has_server<decltype(topology)> ? 0.2 : 0.05));
    CHECK(l < 0.4);
    t.run(steps);
    double const left = test::distance(t, game.solution());
    MESSAGE(topology.name(), " from ", step_size, ": ", near, " with steps of ", l, ", then ", left);
    CHECK(step_of(t, 0) == doctest::Approx(step_of(t, 5)).epsilon(1e-9));
    return left;
  };
  for (double const first : {0.3, 3.0, 300.0}) CHECK(left(parameter_server<>{}, first, 1000) < 1e-12);
  CHECK(left(averaging_server{}, 30, 1000) < 1e-12);
  CHECK(left(tracked{gossip{.graph = ring(8)}}, 0.1, 4000) < 1e-12);
}

TEST_CASE("adaptive_forward_reflected: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, optimizer{}, identity{}, parameter_server<>{}, threads);
  });
  CHECK(optimizer{}.objection() == "");
  CHECK(optimizer{.tau = 0.5}.objection() == "adaptive-forward-reflected: tau lies in (0, 1/2), and is 0.5");
}

}  // namespace adaptive_forward_reflected_tests
