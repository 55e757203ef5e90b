#include "saddle/optimizer/alternating_players.hpp"

#include <doctest/doctest.h>

#include "gradients.hpp"
#include "../heterogeneous.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/alternating.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/sgda.hpp"

namespace alternating_players_tests {

using namespace saddle;
using reference::first_weights;
using reference::gradients_of;
using reference::taken;

namespace {

void expect(taken const& seen, int player, double x, double y) {
  CHECK(seen.player == player);
  CHECK(seen.min == doctest::Approx(x).epsilon(1e-12));
  CHECK(seen.max == doctest::Approx(y).epsilon(1e-12));
}

}  // namespace

TEST_CASE("alternating players: the second answers to where the first went, in either order; each with its step size") {
  double x = first_weights.min, y = first_weights.max;
  auto const min_first = gradients_of(alternating_players{sgda{0.1}, sgda{0.3}}, 3);
  REQUIRE(min_first.size() == 6);
  for (std::size_t t = 0; t < 3; ++t) {
    expect(min_first[2 * t], 0, x, y);
    x -= 0.1 * y;
    expect(min_first[2 * t + 1], 1, x, y);
    y += 0.3 * x;
  }
  x = first_weights.min;
  y = first_weights.max;
  auto const max_first = gradients_of(alternating_players<sgda, sgda, first_mover::max>{{0.1}, {0.3}}, 3);
  REQUIRE(max_first.size() == 6);
  for (std::size_t t = 0; t < 3; ++t) {
    expect(max_first[2 * t], 1, x, y);
    y += 0.3 * x;
    expect(max_first[2 * t + 1], 0, x, y);
    x -= 0.1 * y;
  }
}

TEST_CASE("alternating players: where one alone looks ahead, the other's part of the point is its w") {
  double const a = 0.1, b = 0.2;
  // omd keeps its look-ahead from one step to the next.
  double x = first_weights.min, y = first_weights.max, hx = x;
  auto const with_omd = gradients_of(alternating_players{omd{a}, sgda{b}}, 5);
  REQUIRE(with_omd.size() == 10);
  for (std::size_t t = 0; t < 5; ++t) {
    expect(with_omd[2 * t], 0, hx, y);
    x -= a * y;
    hx = x - a * y;
    expect(with_omd[2 * t + 1], 1, x, y);
    y += b * x;
  }
  // extragradient looks ahead within its turn.
  x = first_weights.min;
  y = first_weights.max;
  auto const with_eg = gradients_of(alternating_players{sgda{a}, extragradient{b}}, 5);
  REQUIRE(with_eg.size() == 15);
  for (std::size_t t = 0; t < 5; ++t) {
    expect(with_eg[3 * t], 0, x, y);
    x -= a * y;
    expect(with_eg[3 * t + 1], 1, x, y);
    double const hy = y + b * x;
    expect(with_eg[3 * t + 2], 1, x, hy);
    y += b * x;
  }
}

TEST_CASE("alternating players: a look-ahead that lasts is not overwritten by the other player's") {
  double const a = 0.1, b = 0.2;
  double x = first_weights.min, y = first_weights.max, hx = x;
  auto const seen = gradients_of(alternating_players<omd, extragradient, first_mover::max>{{a}, {b}}, 5);
  REQUIRE(seen.size() == 15);
  for (std::size_t t = 0; t < 5; ++t) {
    expect(seen[3 * t], 1, x, y);
    double const hy = y + b * x;
    expect(seen[3 * t + 1], 1, hx, hy);
    y += b * hx;
    expect(seen[3 * t + 2], 0, hx, hy);
    x -= a * hy;
    hx = x - a * hy;
  }
}

TEST_CASE("alternating players: equal optimizers are alternating, to the bit") {
  test::heterogeneous_game const noisy(0.3);
  auto a = test::trainer_of(noisy, alternating_players{omd{0.02}, omd{0.02}}, identity{}, parameter_server{});
  auto b = test::trainer_of(noisy, alternating{omd{0.02}}, identity{}, parameter_server{});
  a.run(50);
  b.run(50);
  CHECK(a.digest() == b.digest());
}

TEST_CASE("alternating players: a look-ahead of each worker's own has a bias that halves with the step size") {
  test::halves_with_the_step_size([](int steps, double eta) {
    return test::distance_after(steps, alternating_players<omd, extragradient, first_mover::max>{{eta}, {eta}},
                                identity{}, parameter_server{});
  });
}

TEST_CASE("alternating players: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) {
    return test::trainer_of(noisy, alternating_players{omd{0.02}, adam{0.02}}, identity{}, parameter_server{}, threads);
  });
  CHECK(alternating_players<omd, adam>::name() == "alternating-omd-adam");
  CHECK(alternating_players{sgda{0.1}, sgda{-1}}.objection() == sgda{-1}.objection());
}

}  // namespace alternating_players_tests
