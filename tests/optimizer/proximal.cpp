#include "saddle/optimizer/proximal.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "../heterogeneous.hpp"
#include "reference.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace proximal_tests {

using namespace reference;

namespace {
using averaging_server = parameter_server<exact_downlink, adapts::on_average>;
double soft(double x, double by) { return std::copysign(std::fmax(std::abs(x) - by, 0.0), x); }
}  // namespace

TEST_CASE("proximal: where a direction leads is shrunk by the step size times the player's weight") {
  proximal const o{sgda{0.1}, 2, 3};
  coordinate<double> c{};
  for (int player : {0, 1})
    for (double x : {-1.0, -0.25, 0.0, 0.1, 0.4, 2.0}) {
      of<name::x>(c) = x;
      double const v = direction(o, 1, c, 0.5, player);
      CHECK(x - v == doctest::Approx(soft(x - 0.05, player == 0 ? 0.2 : 0.3)).epsilon(1e-14));
    }
  proximal const e{extragradient{0.1}, 2, 3};
  CHECK(ahead(e, 1, c, 1.0, 0.5) == doctest::Approx(soft(0.95, 0.2)).epsilon(1e-14));
}

TEST_CASE("proximal: on the average of the gradients it comes to a sparse point that satisfies the conditions") {
  test::heterogeneous_game const game;
  auto const check = [&](auto o) {
    auto t = test::trainer_of(game, o, identity{}, averaging_server{});
    t.run(3000);
    // 0 is in F(w) + weight sign(w): |F| <= weight where w is 0, F = -weight sign(w) elsewhere.
    test::vector const w = test::joined(t.weights(0));
    test::vector mean(20), one(20);
    std::span<double> const out(one);
    for (int m = 0; m < 8; ++m) {
      game.gradient(t.weights(0), {1, m, 1, full_batch}, {out.first(10), out.last(10)});
      for (std::size_t i = 0; i < 20; ++i) mean[i] += one[i] / 8;
    }
    int zeros = 0;
    for (std::size_t i = 0; i < 20; ++i) {
      double const weight = i < 10 ? 0.2 : 0;
      zeros += w[i] == 0 ? 1 : 0;
      if (w[i] == 0) CHECK(std::abs(mean[i]) <= weight);
      else CHECK(mean[i] == doctest::Approx(-std::copysign(weight, w[i])).epsilon(1e-10));
    }
    MESSAGE(zeros, " of 10 weights are 0");
    CHECK(zeros > 0);
    CHECK(zeros < 10);
  };
  check(proximal{sgda{0.05}, 0.2});
  check(proximal{averaged_extragradient{0.05}, 0.2});
}

TEST_CASE("proximal: around one player's optimizer it is its weight 0 for the other") {
  test::heterogeneous_game const noisy(0.3);
  auto a = test::trainer_of(noisy, per_player{proximal{sgda{0.05}, 0.2}, sgda{0.05}}, identity{}, averaging_server{});
  auto b = test::trainer_of(noisy, proximal{sgda{0.05}, 0.2}, identity{}, averaging_server{});
  a.run(50);
  b.run(50);
  CHECK(test::distance(test::joined(a.weights(0)), test::joined(b.weights(0))) < 1e-12);
#ifdef SADDLE_BITWISE  // the two are different kernels
  CHECK(a.digest() == b.digest());
#endif
}

TEST_CASE("proximal: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  gossip const ring8{.graph = ring(8)};
  extragradient const independent{.step_size = 0.02, .second = sampling::independent};
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, proximal{independent, 0.1, 0.2}, identity{}, ring8, threads);
  });
}

TEST_CASE("proximal: weights") {
  CHECK(proximal{sgda{0.1}, 0.1}.objection() == "");
  CHECK(proximal{sgda{0.1}, -1.0}.objection() == "proximal: min_weight is finite and not negative, and is -1");
  CHECK(proximal<sgda>::name() == "proximal-sgda");
}

}  // namespace proximal_tests
