#include "saddle/optimizer/masha.hpp"

#include <doctest/doctest.h>

#include "../heterogeneous.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/random_k.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace masha_tests {

using namespace saddle;
using test::distance_after;

TEST_CASE("masha: exact with compressed differences, where sgda on compressed directions stalls") {
  using largest = error_feedback<top_k<128, 1>>;
  CHECK(distance_after(8000, masha{0.1}, random_k<128, 1>{}, parameter_server{}) < 1e-13);
  CHECK(distance_after(8000, masha{0.1}, largest{}, parameter_server<largest>{}) < 1e-13);
  CHECK(distance_after(8000, sgda{0.05}, random_k<128, 2>{}, parameter_server{}) > 0.05);
}

TEST_CASE("masha: its recursion, with exact messages") {
  test::heterogeneous_game const game;
  double const eta = 0.05, tau = 0.7;
  auto t = test::trainer_of(game, masha{eta, tau}, identity{}, parameter_server{});
  auto const mean_operator = [&](test::vector const& p) {
    test::vector sum(20), one(20);
    std::span<double> const out(one);
    std::span<double const> const in(p);
    for (int m = 0; m < 8; ++m) {
      game.gradient({in.first(10), in.last(10)}, {1, m, 1, 0}, {out.first(10), out.last(10)});
      for (std::size_t i = 0; i < 20; ++i) sum[i] += one[i] / 8;
    }
    return sum;
  };
  test::vector w(20), u(20), at_u, h(20);
  int renewed = 0;
  for (int step = 1; step <= 200; ++step) {
    test::vector const before = w;
    t.step();
    if (test::joined(t.array("reference", 0)) != u || step == 1) {
      CHECK(test::distance(test::joined(t.array("reference", 0)), before) < 1e-13);
      u = before;
      ++renewed;
    }
    at_u = mean_operator(u);
    for (std::size_t i = 0; i < 20; ++i) h[i] = tau * w[i] + (1 - tau) * u[i] - eta * at_u[i];
    test::vector const at_h = mean_operator(h);
    for (std::size_t i = 0; i < 20; ++i) w[i] = h[i] - eta * (at_h[i] - at_u[i]);
    CHECK(test::distance(t, w) < 1e-13);
    w = test::joined(t.weights(0));
    u = test::joined(t.array("reference", 0));
  }
  CHECK(renewed > 35);
  CHECK(renewed < 86);
}

TEST_CASE("masha: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, masha{0.05}, random_k<128, 1>{}, parameter_server{}, threads);
  });
  CHECK(masha{}.objection() == "");
  CHECK(masha{0.1, 1}.objection() == "masha: tau lies in [0, 1), and is 1");
}

}  // namespace masha_tests
