#include "saddle/problem/policeman_burglar.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "saddle/saddle.hpp"

namespace policeman_burglar_tests {

using namespace saddle;
using vector = std::vector<double>;

namespace {

double entry(policeman_burglar<> const& game, std::size_t m, std::size_t i, std::size_t j) {
  double const apart = static_cast<double>(i > j ? i - j : j - i);
  return game.wealth[m][i] * (1 - std::exp(-game.theta * apart));
}
vector on_a_simplex(std::size_t n, std::uint64_t seed) {
  random_sequence random({.seed = seed, .use = purpose::evaluation});
  vector x(n);
  double sum = 0;
  for (double& v : x) sum += v = -std::log(random.uniform());
  for (double& v : x) v /= sum;
  return x;
}
template <class O>
trainer<double> of(policeman_burglar<> const& game, O o) {
  return {game, o, identity{}, parameter_server{}, loopback{game.workers()}, cpu{}};
}

}  // namespace

TEST_CASE("policeman_burglar: gradients and gap are those of the matrices, entry by entry") {
  for (int const n : {1, 2, 7, 40}) {
    auto const houses = static_cast<std::size_t>(n);
    auto const game = policeman_burglar<>::random(n, 3, 5, 0.4);
    vector const x = on_a_simplex(houses, 1), y = on_a_simplex(houses, 2);
    vector against_x(houses), against_y(houses);
    for (std::size_t m = 0; m < 3; ++m) {
      vector gx(houses), gy(houses), want_x(houses), want_y(houses);
      for (std::size_t i = 0; i < houses; ++i)
        for (std::size_t j = 0; j < houses; ++j) {
          want_x[j] += y[i] * entry(game, m, i, j);
          want_y[i] -= entry(game, m, i, j) * x[j];
          against_y[j] += y[i] * entry(game, m, i, j) / 3;
          against_x[i] += entry(game, m, i, j) * x[j] / 3;
        }
      game.gradient({x, y}, {.worker = static_cast<int>(m)}, {gx, gy});
      for (std::size_t i = 0; i < houses; ++i) {
        CHECK(gx[i] == doctest::Approx(want_x[i]).epsilon(1e-12));
        CHECK(gy[i] == doctest::Approx(want_y[i]).epsilon(1e-12));
      }
    }
    vector u = x, v = y;
    CHECK(game.gap({u, v}) ==
          doctest::Approx(std::ranges::max(against_x) - std::ranges::min(against_y)).epsilon(1e-12));
    CHECK((n == 1 ? std::abs(game.gap({u, v})) < 1e-15 : game.gap({u, v}) > 0));
  }
}

TEST_CASE("policeman_burglar: extragradient on the simplices closes the gap, descent ascent circles around it") {
  auto const game = policeman_burglar<>::random(30, 4, 3);
  auto eg = of(game, on_simplex{averaged_extragradient{0.1}});
  auto gda = of(game, on_simplex{sgda{0.1}});
  double const start = game.gap(eg.weights(0));
  double best = start, worst = 0;
  vector gaps;
  for (int part = 0; part < 4; ++part) {
    eg.run(2000);
    gda.run(1900);
    gaps.push_back(game.gap(eg.weights(0)));
    for (int step = 0; step < 100; ++step) {
      gda.step();
      best = std::min(best, game.gap(gda.weights(0)));
      worst = std::max(worst, game.gap(gda.weights(0)));
    }
  }
  MESSAGE("gap ", start, " at first; extragradient ", gaps[0], ", ", gaps[1], ", ", gaps[2], ", ", gaps[3],
          "; descent ascent between ", best, " and ", worst);
  CHECK(gaps.back() < 1e-12);
  CHECK(best > 1e-3);
}

TEST_CASE("policeman_burglar: what is no game is refused") {
  CHECK_THROWS_AS(policeman_burglar<>::random(0, 1, 1), std::invalid_argument);
  policeman_burglar<> game{.wealth = {{1, 2}, {1}}};
  vector x(2), y(2);
  CHECK_THROWS_WITH_AS(game.initial(1, {x, y}), doctest::Contains("one number of houses"), std::invalid_argument);
  game.wealth = {{1, -2}};
  CHECK_THROWS_WITH_AS(game.initial(1, {x, y}), doctest::Contains("not negative"), std::invalid_argument);
  game.wealth = {{1, std::numeric_limits<double>::infinity()}};
  CHECK_THROWS_AS(game.gap({x, y}), std::invalid_argument);
  game = {.wealth = {{1, 2}}, .theta = 0};
  CHECK_THROWS_WITH_AS(game.identity(), doctest::Contains("theta"), std::invalid_argument);
  CHECK(policeman_burglar<>::random(5, 2, 1).identity() != policeman_burglar<>::random(5, 2, 2).identity());
}

}  // namespace policeman_burglar_tests
