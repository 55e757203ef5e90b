// Where the loop ends up: exact factors on the bilinear game, biases on workers that disagree.
#include "saddle/train/driver_base.hpp"

#include "game.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace convergence_tests {

using namespace saddle;
using test::vector;

namespace {

template <class O>
trainer<double> served(test::linear_game const& game, O o) {
  return {game, o, identity{}, parameter_server<>{}, loopback{game.workers()}, cpu{}};
}
/// By how much a step multiplies the distance to the solution of f = x y, over the last 50 of `steps`.
template <class O>
double factor(O o, int steps = 300) {
  auto t = served(test::rotation(), o);
  t.run(steps - 50);
  double const before = test::norm(test::weights(t));
  t.run(50);
  return std::pow(test::norm(test::weights(t)) / before, 1.0 / 50);
}
template <class O>
double error_after(test::linear_game const& game, O o, int steps) {
  auto t = served(game, o);
  t.run(steps);
  return test::distance(test::weights(t), test::solution(game));
}

}  // namespace

TEST_CASE("f = x y: every step multiplies the distance by the method's exact factor") {
  auto const is = [](double measured, double exact) {
    CAPTURE(measured);
    CAPTURE(exact);
    CHECK(std::abs(measured - exact) < 1e-8);
  };
  auto const squared = [](double a) { return a * a; };
  is(factor(sgda{0.1}), std::sqrt(1.01));
  is(factor(per_player<sgda, sgda>{{0.1}, {0.1}}), std::sqrt(1.01));
  for (double a : {0.1, 0.5}) {
    double const two_calls = std::sqrt(1 - a * a + squared(a * a));
    is(factor(extragradient{a}), two_calls);
    is(factor(averaged_extragradient{a}), two_calls);
  }
  // Past extragradient below 1/2: its modes of the same modulus rotate, which a long run averages out only for one.
  for (double a : {0.1, 0.25}) {
    double const one_call = std::sqrt((1 + std::sqrt(1 - 4 * a * a)) / 2);
    is(factor(omd{a}), one_call);
    is(factor(averaged_omd{a}), one_call);
    is(factor(per_player<omd, omd>{{a}, {a}}), one_call);
  }
}

TEST_CASE("f = x y: omd converges below a step of 1 / sqrt 3 and diverges above") {
  CHECK(factor(omd{0.57}, 2000) < 1);
  CHECK(factor(omd{0.585}, 2000) > 1);
  auto const above_a_half = [](double a) { return std::sqrt((1 + std::pow(2 * a + std::sqrt(4 * a * a - 1), 2)) / 4); };
  CHECK(factor(omd{0.57}, 2000) == doctest::Approx(above_a_half(0.57)).epsilon(1e-8));
  CHECK(factor(omd{0.585}, 2000) == doctest::Approx(above_a_half(0.585)).epsilon(1e-8));
}

TEST_CASE("f = x y: alternating descent stays on a bounded orbit below a step of 2 and leaves it above") {
  auto t = served(test::rotation(), alternating_sgda{{0.1}});
  double least = 1, most = 1;
  t.run(100000, [&](report const&) {
    double const r = test::norm(test::weights(t));
    least = std::min(least, r);
    most = std::max(most, r);
  });
  CHECK(least > 0.9);
  CHECK(least < 0.99);
  CHECK(most < 1.1);
  CHECK(factor(alternating_sgda{{2.1}}, 150) == doctest::Approx(1.8773).epsilon(1e-4));
}

TEST_CASE("identical workers reach the solution to rounding, and workers that differ with the average ahead") {
  auto const same = [] {
    auto game = test::smg();
    for (std::size_t m = 1; m < 4; ++m) game.matrix[m] = game.matrix[0], game.offset[m] = game.offset[0];
    return game;
  }();
  CHECK(error_after(same, omd{0.05}, 20000) < 1e-12);
  CHECK(error_after(same, extragradient{0.1}, 20000) < 1e-12);
  CHECK(error_after(test::smg(), averaged_omd{0.05}, 20000) < 1e-12);
  CHECK(error_after(test::smg(), averaged_extragradient{0.1}, 10000) < 1e-12);
  CHECK(error_after(test::smg(), sgda{0.01}, 50000) < 1e-12);
}

// Medians over draws of the game and the start.
TEST_CASE("on workers that differ the local look-ahead has a bias that halves with the step size") {
  auto const drawn = [](std::uint64_t seed) {
    auto game = test::smg(4, seed);
    game.start = test::normal(20, seed);
    return game;
  };
  // Little of the start is left by then: (1 - 0.1 eta)^steps = e^-12, next to biases of 0.04 and more.
  auto const steps = [](double eta) { return static_cast<int>(std::lround(120 / eta)); };
  auto const halves = [](auto error) {
    vector coarse;
    double const ratio = test::median_of_draws([&](std::uint64_t seed) {
      coarse.push_back(error(seed, 0.05));
      return coarse.back() / error(seed, 0.025);
    });
    CHECK(*std::min_element(coarse.begin(), coarse.end()) > 1e-2);
    CHECK(ratio == doctest::Approx(2).epsilon(0.2));
  };
  auto const of_omd = [&](std::uint64_t seed, double eta) { return error_after(drawn(seed), omd{eta}, steps(eta)); };
  SUBCASE("omd") { halves(of_omd); }
  SUBCASE("extragradient") {
    halves([&](std::uint64_t seed, double eta) {
      return error_after(drawn(seed), extragradient{eta}, steps(eta));
    });
  }
  SUBCASE("DPOSG on a ring, where more rounds leave the bias of the server's") {
    auto const gossiped = [&](int rounds) {
      return [&, rounds](std::uint64_t seed, double eta) {
        auto const game = drawn(seed);
        trainer t{game, omd{eta}, identity{}, gossip{.graph = ring(4), .rounds = rounds}, loopback{4}, cpu{}};
        t.run(steps(eta));
        return test::distance(test::mean_weights(t), test::solution(game));
      };
    };
    halves(gossiped(1));
    halves(gossiped(8));
    auto const of_the_servers = [&](int rounds) {
      return test::median_of_draws(
          [&](std::uint64_t seed) { return gossiped(rounds)(seed, 0.05) / of_omd(seed, 0.05); });
    };
    double const once = of_the_servers(1), twice = of_the_servers(2), often = of_the_servers(8);
    CHECK(once > 1.1);  // 1.27
    CHECK(once > twice);
    CHECK(twice > often);
    CHECK(often == doctest::Approx(1).epsilon(0.02));
  }
}

}  // namespace convergence_tests
