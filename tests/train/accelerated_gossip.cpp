// Accelerated gossip against plain loops over the published recurrence.
#include "saddle/topology/accelerated_gossip.hpp"

#include "game.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "saddle/topology/mixing_matrix.hpp"

namespace accelerated_gossip_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr double eta = 0.05;
constexpr auto early = gossip_order::adapt_then_combine, late = gossip_order::combine_then_adapt;

accelerated_gossip on(mixing_graph const& g, int rounds, acceleration rule = acceleration::chebyshev,
                      gossip_order order = early) {
  return {.graph = g, .rounds = rounds, .spectral_gap = spectral_gap(g), .rule = rule, .order = order};
}
/// The rounds of an exchange: v_{k+1} = (1 + beta) W v_k - beta v_{k-1}, v_{-1} = v_0.
std::vector<vector> mixed(accelerated_gossip const& a, std::vector<vector> now) {
  auto before = now;
  for (int k = 0; k < a.rounds; ++k) {
    double const beta = a.momentum(k);
    auto next = now;
    for (std::size_t m = 0; m < now.size(); ++m)
      for (std::size_t i = 0; i < now[m].size(); ++i) {
        double sum = 0;
        for (edge const& e : a.graph.row(0, static_cast<int>(m)))
          sum += e.weight * now[static_cast<std::size_t>(e.worker)][i];
        next[m][i] = (1 + beta) * sum - beta * before[m][i];
      }
    before = now;
    now = next;
  }
  return now;
}
/// What a public code runs, which overwrites v_{k-1} before it is used: v_{k+1} = (1 + beta) W v_k - beta v_k.
std::vector<vector> mixed_wrongly(accelerated_gossip const& fast_mix, std::vector<vector> now) {
  accelerated_gossip first_round = fast_mix;
  first_round.rounds = 1;
  for (int k = 0; k < fast_mix.rounds; ++k) now = mixed(first_round, now);
  return now;
}
trainer<double> over(test::linear_game const& game, auto o, accelerated_gossip const& a, settings const& s = {}) {
  return {game, o, identity{}, a, loopback{game.workers()}, cpu{}, s};
}
void near(trainer<double> const& t, std::vector<vector> const& x) {
  for (std::size_t m = 0; m < x.size(); ++m)
    REQUIRE(test::distance(test::weights(t, static_cast<int>(m)), x[m]) < 1e-12);
}

}  // namespace

TEST_CASE("omd over accelerated gossip is DPOSG with the recurrence in place of the power of W") {
  for (auto const& graph : {ring(6), path(5), star(5), hypercube(8), complete(4)})
    for (acceleration rule : {acceleration::chebyshev, acceleration::fast_mix})
      for (gossip_order order : {early, late})
        for (int rounds : {1, 2, 3, 12}) {
          auto const a = on(graph, rounds, rule, order);
          CAPTURE(graph.name);
          CAPTURE(rounds);
          int const n = graph.workers;
          auto const game = test::smg(n);
          if (rule == acceleration::fast_mix && rounds < 12) continue;  // too few: refused for some of the graphs
          auto t = over(game, omd{eta}, a);
          std::vector<vector> x(static_cast<std::size_t>(n), game.start), h = x, g = x;
          for (int step = 0; step < 50; ++step) {
            vector expected = test::mean_weights(t);
            for (std::size_t m = 0; m < x.size(); ++m) {
              g[m] = game.field(static_cast<int>(m), h[m]);
              for (std::size_t i = 0; i < 20; ++i) {
                expected[i] -= eta * g[m][i] / n;
                if (order == early) x[m][i] -= eta * g[m][i];
              }
            }
            x = mixed(a, x);
            for (std::size_t m = 0; m < x.size(); ++m)
              for (std::size_t i = 0; i < 20; ++i) {
                if (order == late) x[m][i] -= eta * g[m][i];
                h[m][i] = x[m][i] - eta * g[m][i];
              }
            t.step();
            near(t, x);
            for (std::size_t m = 0; m < x.size(); ++m)
              REQUIRE(test::distance(test::look_ahead(t, static_cast<int>(m)), h[m]) < 1e-12);
            REQUIRE(test::distance(test::mean_weights(t), expected) < 1e-12);  // the mean is left to the gradients
          }
        }
}

TEST_CASE("each player's exchange builds on its own rounds only") {
  auto const a = on(ring(6), 3);
  auto const game = test::smg(6);
  auto t = over(game, alternating_sgda{{eta}}, a);
  std::vector<vector> x(6, game.start);
  for (int step = 0; step < 50; ++step) {
    for (std::size_t begin : {0u, 10u}) {
      auto moved = x;
      for (std::size_t m = 0; m < 6; ++m) {
        vector const g = game.field(static_cast<int>(m), x[m]);
        for (std::size_t i = begin; i < begin + 10; ++i) moved[m][i] -= eta * g[i];
      }
      moved = mixed(a, moved);
      for (std::size_t m = 0; m < 6; ++m)
        for (std::size_t i = begin; i < begin + 10; ++i) x[m][i] = moved[m][i];
    }
    t.step();
    near(t, x);
  }
}

TEST_CASE("one round is plain gossip, to the bit") {
  auto const game = test::smg(6);
  for (gossip_order order : {early, late}) {
    auto t = over(game, omd{eta}, on(ring(6), 1, acceleration::chebyshev, order));
    trainer plain{game, omd{eta}, identity{}, gossip{.graph = ring(6), .order = order}, loopback{6}, cpu{}};
    t.run(100);
    plain.run(100);
    CHECK(t.digest() == plain.digest());
  }
}

TEST_CASE("the round before is not overwritten too early") {
  auto const a = on(ring(8), 6, acceleration::fast_mix);
  std::vector<vector> push, start;
  for (std::uint64_t m = 0; m < 8; ++m) {
    push.push_back(test::normal(10, m));
    start.push_back(test::difference(vector(10), push.back()));
  }
  auto t = over(test::scattered(push), sgda{1}, a);
  t.step();
  near(t, mixed(a, start));
  auto const wrong = mixed_wrongly(a, start);
  for (int m = 0; m < 8; ++m) CHECK(test::distance(test::weights(t, m), wrong[static_cast<std::size_t>(m)]) > 1e-2);
}

TEST_CASE("t rounds leave 2 r^t / (1 + r^(2 t)) of a disagreement, where plain ones leave rho^t") {
  int const n = 16;
  double const rho = second_singular_value(ring(n)), r = (1 - std::sqrt(1 - rho * rho)) / rho;
  // The slowest vector: one wave around the ring.
  std::vector<vector> push;
  for (int m = 0; m < n; ++m) push.push_back({std::cos(2 * std::acos(-1.0) * m / n), 3});
  for (int rounds : {1, 2, 5, 10}) {
    gossip const plain{.graph = ring(n), .rounds = rounds};
    trainer slow{test::scattered(push), sgda{1}, identity{}, plain, loopback{n}, cpu{}};
    auto fast = over(test::scattered(push), sgda{1}, on(ring(n), rounds));
    slow.step();
    fast.step();
    double const apart = std::sqrt(n / 2.0), power = std::pow(r, rounds);
    CHECK(test::disagreement(slow) / apart == doctest::Approx(std::pow(rho, rounds)).epsilon(1e-9));
    CHECK(test::disagreement(fast) / apart == doctest::Approx(2 * power / (1 + power * power)).epsilon(1e-9));
    for (auto const* t : {&slow, &fast}) CHECK(test::mean_weights(*t)[1] == doctest::Approx(-3).epsilon(1e-14));
  }
}

TEST_CASE("a box holds for what an exchange ends with, not for the rounds between") {
  auto const a = on(path(5), 4);
  auto const game = test::smg(5);
  settings const boxed{.min_box = {-0.05, 0.1}, .max_box = {-0.1, 0.02}};
  auto t = over(game, sgda{0.2}, a, boxed);
  std::vector<vector> x(5, game.start);
  bool outside = false;
  for (int step = 0; step < 50; ++step) {
    for (std::size_t m = 0; m < 5; ++m) {
      vector const g = game.field(static_cast<int>(m), x[m]);
      for (std::size_t i = 0; i < 20; ++i) x[m][i] -= 0.2 * g[i];
    }
    x = mixed(a, x);
    for (auto& one : x)
      for (std::size_t i = 0; i < 20; ++i) {
        box const b = i < 10 ? boxed.min_box : boxed.max_box;
        outside = outside || one[i] < b.lo || one[i] > b.hi;
        one[i] = std::min(std::max(one[i], b.lo), b.hi);
      }
    t.step();
    near(t, x);
  }
  CHECK(outside);
}

TEST_CASE("a resumed run is the uninterrupted one, and the array of the round before is no part of it") {
  auto const folder = std::filesystem::temp_directory_path();
  std::string const name = "saddle-accelerated-" + std::to_string(::getpid());
  std::string const file = folder / name, plain_file = folder / (name + "-plain");
  auto const game = test::smg(6);
  optimistic_adam const o{.step_size = 0.01};
  for (gossip_order order : {early, late}) {
    auto const make = [&](acceleration rule) { return over(game, o, on(ring(6), 3, rule, order)); };
    auto const fast_mix = acceleration::fast_mix;
    auto whole = make(fast_mix), first = make(fast_mix), second = make(fast_mix);
    whole.run(40);
    first.run(15);
    first.save(file);
    second.run(7);  // whatever it was before
    second.load(file);
    second.run(25);
    CHECK(second.digest() == whole.digest());

    trainer plain{game, o, identity{}, gossip{.graph = ring(6), .rounds = 3, .order = order}, loopback{6}, cpu{}};
    plain.run(15);
    plain.save(plain_file);
    auto const more = static_cast<std::int64_t>(std::filesystem::file_size(file)) -
                      static_cast<std::int64_t>(std::filesystem::file_size(plain_file));
    CHECK(std::abs(more) < 100);  // the names; an array has 256 numbers
    CHECK_THROWS_AS(plain.load(file), bad_checkpoint);
    CHECK_THROWS_AS(make(acceleration::chebyshev).load(file), bad_checkpoint);
  }
  std::filesystem::remove(file);
  std::filesystem::remove(plain_file);
}

}  // namespace accelerated_gossip_tests
