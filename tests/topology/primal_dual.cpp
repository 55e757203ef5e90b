#include "saddle/topology/primal_dual.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../heterogeneous.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/exact_diffusion.hpp"
#include "saddle/topology/gossip.hpp"

namespace primal_dual_tests {

using namespace saddle;
using test::vector;

namespace {

/// The game in float, or with one gradient that is not finite.
template <class T>
struct game_in {
  using scalar = T;
  test::heterogeneous_game game;
  std::int64_t breaks_in_step = 0;
  static players sizes() { return test::heterogeneous_game::sizes(); }
  int workers() const { return game.workers(); }
  static void initial(std::uint64_t, point<T> w) {
    for (int p = 0; p < 2; ++p) std::ranges::fill(w.of(p), T(0));
  }
  void gradient(point<T const> at, sample s, point<T> out) const {
    vector x(at.min.begin(), at.min.end()), y(at.max.begin(), at.max.end()), gx(10), gy(10);
    game.gradient(point<double const>{x, y}, s, point<double>{gx, gy});
    for (std::size_t i = 0; i < 10; ++i) {
      out.min[i] = static_cast<T>(gx[i]);
      out.max[i] = static_cast<T>(gy[i]);
    }
    if (s.step == breaks_in_step && s.worker == 2) out.max[4] = std::numeric_limits<T>::infinity();
  }
};
template <class T>
vector in_double(point<T const> w) {
  vector all(w.min.begin(), w.min.end());
  all.insert(all.end(), w.max.begin(), w.max.end());
  return all;
}
/// The largest sum over the workers of a coordinate's duals. Of floats a sum in double is exact.
template <class T>
double sum_of_duals(trainer<T> const& t) {
  double most = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    double sum = 0;
    for (int m = 0; m < t.workers(); ++m) sum += in_double(t.array("dual", m))[i];
    most = std::max(most, std::abs(sum));
  }
  return most;
}
template <class T>
double size_of_duals(trainer<T> const& t) {
  double most = 0;
  for (int m = 0; m < t.workers(); ++m)
    for (double const x : in_double(t.array("dual", m))) most = std::max(most, std::abs(x));
  return most;
}
double left_of(trainer<float> const& t, vector const& solution) {
  double most = 0;
  for (int m = 0; m < t.workers(); ++m) most = std::max(most, test::distance(in_double(t.weights(m)), solution));
  return most;
}

gossip const ring8{.graph = ring(8)}, lossy{.graph = ring(8), .consensus_step = 0.05};

}  // namespace

TEST_CASE("on_grid: odd, to the nearest, and sums in any order are exact") {
  random_sequence random({.seed = 1, .use = purpose::evaluation});
  for (int k = 0; k < 1000; ++k) {
    float const x = static_cast<float>(random.normal() * std::pow(10, 4 * random.uniform() - 3));
    CHECK(on_grid(-x, 16.0f) == -on_grid(x, 16.0f));
    if (std::abs(x) < 15) CHECK(std::abs(on_grid(x, 16.0f) - x) <= std::ldexp(1.0f, -20));
    CHECK(std::fmod(on_grid(x, 16.0f), std::ldexp(1.0f, -19)) == 0);
  }
  CHECK(on_grid(0.0, 16.0) == 0);
}

TEST_CASE("primal_dual: duals sum to 0 exactly, in float, compressed, with noise, past an infinite gradient") {
  game_in<float> const game{test::heterogeneous_game(0.3), 100};
  trainer<float> t{game, sgda{0.02}, top_k<128, 5>{}, primal_dual{lossy}, loopback{8}, cpu{}};
  for (int step = 1; step <= 2000; ++step) {
    t.step();
    REQUIRE(sum_of_duals(t) == 0);
  }
  CHECK(size_of_duals(t) > 0.5);
  CHECK(t.report().skipped_steps == 1);
}

TEST_CASE("primal_dual in float: rounding does not move the solution, as the drift of exact_diffusion does") {
  game_in<float> const game{test::heterogeneous_game()};
  vector const w = game.game.solution();
  trainer<float> duals{game, sgda{0.02}, top_k<128, 5>{}, primal_dual{lossy}, loopback{8}, cpu{}};
  exact_diffusion const diffusion{gossip{.graph = lazy(ring(8))}};
  trainer<float> carried{game, sgda{0.02}, identity{}, diffusion, loopback{8}, cpu{}};
  duals.run(5000);
  double const early = left_of(duals, w);
  duals.run(35000);
  carried.run(40000);
  MESSAGE(early, " after 5000, ", left_of(duals, w), " after 40000; exact_diffusion: ", left_of(carried, w));
  CHECK(sum_of_duals(duals) == 0);
  CHECK(left_of(duals, w) < 2e-5);
  CHECK(left_of(duals, w) < 2 * early);
  CHECK(left_of(carried, w) > 1e-3);
}

TEST_CASE("primal_dual: exact to rounding, from exact messages and from compressed ones") {
  CHECK(test::distance_after(6000, sgda{0.03}, identity{}, primal_dual{ring8}) < 1e-14);
  CHECK(test::distance_after(6000, sgda{0.03}, top_k<128, 3>{}, primal_dual{lossy}) < 1e-13);
}

TEST_CASE("primal_dual with the steps of the optimizer is exact_diffusion, up to rounding") {
  test::heterogeneous_game const game;
  for (double const dual_step : {0.5, 1.0}) {
    mixing_graph const slow = lazy(ring(8));
    auto duals = test::trainer_of(game, sgda{0.03}, identity{}, primal_dual{gossip{.graph = slow}, 1, dual_step});
    auto carried = test::trainer_of(game, sgda{0.03}, identity{},
                                    exact_diffusion{gossip{.graph = dual_step < 1 ? lazy(slow) : slow}});
    for (int step = 0; step < 300; ++step) {
      duals.step();
      carried.step();
      for (int m = 0; m < 8; ++m)
        REQUIRE(test::distance(test::joined(duals.weights(m)), test::joined(carried.weights(m))) < 1e-11);
    }
  }
}

TEST_CASE("primal_dual: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable(
      [&](int threads) { return test::trainer_of(noisy, sgda{0.02}, top_k<128, 3>{}, primal_dual{lossy}, threads); });
}

TEST_CASE("primal_dual: one symmetric matrix, one round, numbers that are steps") {
  auto const refused = [](primal_dual<gossip> const& topology, char const* words) {
    CHECK_THROWS_WITH_AS(topology.check(8, false, false), doctest::Contains(words), std::invalid_argument);
  };
  refused({gossip{.graph = directed_ring(8)}}, "symmetric");
  refused({gossip{.graph = one_peer_exponential(8)}}, "varies");
  refused({gossip{.graph = ring(8), .rounds = 2}}, "once a step");
  refused({gossip{.graph = ring(8), .order = gossip_order::combine_then_adapt}}, "order");
  refused({ring8, -1, 0.5}, "look");
  refused({ring8, 1, 0}, "dual_step");
  refused({ring8, 1, 0.5, 0}, "range");
}

}  // namespace primal_dual_tests
