#include "saddle/optimizer/on_simplex.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "../groups.hpp"
#include "../heterogeneous.hpp"
#include "saddle/kernel/vector.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/sampled.hpp"

namespace on_simplex_tests {

using namespace saddle;

namespace {

constexpr int bucket = 128;

/// By sorting, in long double.
template <class T>
std::vector<T> naive(std::vector<T> const& y, double floor = 0) {
  auto const n = static_cast<long double>(y.size());
  long double const least = std::min<long double>(static_cast<T>(floor), 1 / n), left = 1 - n * least;
  std::vector<long double> u(y.begin(), y.end());
  std::ranges::sort(u, std::greater());
  long double sum = 0, shift = 0;
  for (std::size_t k = 0; k < u.size(); ++k) {
    sum += u[k];
    long double const t = (sum - left) / static_cast<long double>(k + 1);
    if (k == 0 || u[k] > t) shift = t;
  }
  std::vector<T> x;
  for (T v : y) x.push_back(static_cast<T>(least + std::max<long double>(v - shift, 0)));
  return x;
}
/// The library's, of one player beside another, by a group.
template <class G, class T>
std::vector<T> projected(std::vector<T> const& y, double floor = 0, int player = 0) {
  auto const n = static_cast<std::int64_t>(y.size());
  bucket_layout const layout{player == 0 ? players{n, 200} : players{200, n}, bucket};
  std::vector<T> all(static_cast<std::size_t>(layout.padded()), T(7));
  std::copy(y.begin(), y.end(), all.begin() + layout.begin_of(player));
  detail::onto_simplex<T> const op{static_cast<T>(floor), 8 * std::numeric_limits<T>::epsilon()};
  run_on<G>([&](auto const& g) {
    op(player_vector<bucket, std::remove_cvref_t<decltype(g)>, T>{g, layout, player, all.data()});
  });
  auto const begin = all.begin() + layout.begin_of(player);
  CHECK(std::count(all.begin(), begin, T(7)) == begin - all.begin());
  CHECK(std::count(begin + n, all.end(), T(7)) == all.end() - (begin + n));
  return {begin, begin + n};
}
template <class T>
std::vector<T> normal(std::int64_t n, double size, std::uint64_t seed) {
  random_sequence random({.seed = seed, .use = purpose::evaluation});
  std::vector<T> y(static_cast<std::size_t>(n));
  for (T& v : y) v = static_cast<T>(size * random.normal());
  return y;
}
constexpr std::int64_t lengths[] = {1, 2, 3, 8, 127, 128, 129, 255, 256, 1000};

}  // namespace

TEST_CASE_TEMPLATE("on_simplex: the nearest point that sums to 1, for every group and length", T, float, double) {
  double const eps = std::numeric_limits<T>::epsilon();
  std::uint64_t seed = 0;
  for (std::int64_t const n : lengths)
    for (double const size : {1e-3, 0.1, 1.0, 30.0})
      for (double const floor : {0.0, 0.3 / static_cast<double>(n), 1e-3}) {
        auto const y = normal<T>(n, size, ++seed);
        auto const x = projected<serial_group>(y, floor);
        CHECK(x == projected<thread_group<8>>(y, floor, 1));
        CHECK(x == projected<serial_group>(x, floor));  // to the bit
        auto const want = naive(y, floor);
        double const least = std::min(floor, 1 / static_cast<double>(n));
        double sum = 0, worst = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
          CHECK(static_cast<double>(x[i]) >= least * (1 - eps));
          sum += static_cast<double>(x[i]);
          worst = std::max(worst, std::abs(static_cast<double>(x[i] - want[i])));
        }
        CHECK(sum == doctest::Approx(1).epsilon(static_cast<double>(n) * 4 * eps));
        CHECK(worst < 16 * eps * std::max(1.0, size));
      }
}

TEST_CASE_TEMPLATE("on_simplex: corners, ties, numbers of any size", T, float, double) {
  using points = std::vector<T>;
  T const most = std::numeric_limits<T>::max();
  auto const of = [](points const& y, double floor = 0) { return projected<serial_group>(y, floor); };
  CHECK(of({5, 1, 1}) == points{1, 0, 0});
  CHECK(of({0, 0, 0, 0}) == points{0.25, 0.25, 0.25, 0.25});
  CHECK(of({-most, most, 0}) == points{0, 1, 0});
  CHECK(of({most, most, -most}) == points{0.5, 0.5, 0});
  CHECK(of({-most, -most}) == points{0.5, 0.5});
  CHECK(of({-8}) == points{1});
  CHECK(of({1, 0, -1, 0}, 0.125) == points{0.625, 0.125, 0.125, 0.125});
  CHECK(of({3, 1, 2, 0}, 0.25) == points{0.25, 0.25, 0.25, 0.25});
  CHECK(of({3, 1, 2, 0}, 0.9) == points{0.25, 0.25, 0.25, 0.25});  // no point has more
  // The worst for Newton: each turn leaves out few. It ends all the same.
  points steep(2000);
  for (std::size_t i = 0; i < steep.size(); ++i) steep[i] = static_cast<T>(std::pow(0.99, static_cast<double>(i)));
  auto const x = of(steep), want = naive(steep);
  for (std::size_t i = 0; i < x.size(); ++i)
    CHECK(x[i] == doctest::Approx(want[i]).epsilon(64 * std::numeric_limits<T>::epsilon()));
}

TEST_CASE("on_simplex: a player's tensors are one vector, wherever they end") {
  auto const y = normal<double>(1000, 0.1, 5);
  tensor_layout const apart({1000, 0}, bucket, {{{3, 130, 1, 600, 266}, {}}});
  bucket_layout const layout = apart.on_host();
  auto x = y;
  detail::onto_simplex<double> const op{1e-5, 1e-15};
  op(player_vector<bucket, serial_group, double>{serial_group{}, layout, 0, x.data()});
  CHECK(test::distance(x, projected<serial_group>(y, 1e-5)) < 1e-14);
  CHECK(test::distance(x, naive(y, 1e-5)) < 1e-14);
}

namespace {

std::vector<double> part(point<double const> w, int player) { return {w.of(player).begin(), w.of(player).end()}; }
/// |w - P(w - F(w))| of the mean operator: 0 at a solution, and nowhere else.
double residual(test::heterogeneous_game const& game, trainer<double> const& t, constrains what, double floor = 0) {
  test::vector mean(20), one(20);
  std::span<double> const out(one);
  for (int m = 0; m < 8; ++m) {
    game.gradient(t.weights(0), {1, m, 1, full_batch}, {out.first(10), out.last(10)});
    for (std::size_t i = 0; i < 20; ++i) mean[i] += one[i] / 8;
  }
  double most = 0;
  for (int p = 0; p < 2; ++p) {
    auto const w = part(t.weights(0), p);
    auto next = w;
    for (std::size_t i = 0; i < 10; ++i) next[i] -= mean[static_cast<std::size_t>(p) * 10 + i];
    if (what == constrains::both || what == (p == 0 ? constrains::min : constrains::max)) next = naive(next, floor);
    most = std::max(most, test::distance(w, next));
  }
  return most;
}

}  // namespace

TEST_CASE("on_simplex: players come to a point that is optimal among those of their simplices") {
  test::heterogeneous_game const game;
  for (constrains const what : {constrains::both, constrains::min, constrains::max})
    for (double const floor : {0.0, 0.02}) {
      auto t =
          test::trainer_of(game, on_simplex{averaged_extragradient{0.2}, what, floor}, identity{}, parameter_server{});
      t.run(1500);
      CHECK(residual(game, t, what, floor) < 1e-14);
      auto o = test::trainer_of(game, on_simplex{averaged_omd{0.1}, what, floor}, identity{}, parameter_server{});
      o.run(2500);
      CHECK(residual(game, o, what, floor) < 1e-14);
      int on_the_floor = 0;
      for (int p = 0; p < 2; ++p)
        for (double x : part(t.weights(0), p)) on_the_floor += x <= floor ? 1 : 0;
      CHECK(on_the_floor > 0);
      CHECK(on_the_floor < 20);
      CHECK(test::distance(test::joined(t.weights(0)), game.solution()) > 0.1);
    }
}

TEST_CASE("on_simplex: w and the look-ahead are those of a plain loop, and on the simplex at every time") {
  test::heterogeneous_game const game;
  auto t = test::trainer_of(game, on_simplex{omd{0.1}}, identity{}, gossip{.graph = ring(8)});
  std::vector<test::vector> w(8, test::vector(20)), h = w;
  auto const project = [](test::vector& all) {
    for (auto const begin : {all.begin(), all.begin() + 10}) {
      auto const x = naive(test::vector(begin, begin + 10));
      std::copy(x.begin(), x.end(), begin);
    }
  };
  for (int step = 0; step < 50; ++step) {
    std::vector<test::vector> g(8, test::vector(20)), moved = w;
    for (std::size_t m = 0; m < 8; ++m) {
      std::span<double> const out(g[m]), at(h[m]);
      game.gradient({at.first(10), at.last(10)}, {1, static_cast<int>(m), 1, 0}, {out.first(10), out.last(10)});
      for (std::size_t i = 0; i < 20; ++i) moved[m][i] = w[m][i] - 0.1 * g[m][i];
    }
    for (std::size_t m = 0; m < 8; ++m) {
      for (std::size_t i = 0; i < 20; ++i)
        w[m][i] = (moved[m][i] + moved[(m + 1) % 8][i] + moved[(m + 7) % 8][i]) / 3;
      project(w[m]);
      for (std::size_t i = 0; i < 20; ++i) h[m][i] = w[m][i] - 0.1 * g[m][i];
      project(h[m]);
    }
    t.step();
    for (int m = 0; m < 8; ++m) {
      CHECK(test::distance(test::joined(t.weights(m)), w[static_cast<std::size_t>(m)]) < 1e-13);
      CHECK(test::distance(test::joined(t.look_ahead(m)), h[static_cast<std::size_t>(m)]) < 1e-13);
    }
  }
}

TEST_CASE("on_simplex: several moves of a player, workers that are drawn, rounds") {
  test::heterogeneous_game const noisy(0.3);
  on_simplex const o{per_player{sgda{0.05}, sgda{0.02}, 3}, constrains::max};
  auto const make = [&](int threads) {
    return test::trainer_of(noisy, o, identity{}, local_steps{sampled{parameter_server{}, 4}, 3}, threads);
  };
  auto t = make(1);
  for (int step = 1; step <= 60; ++step) {
    t.step();
    for (int m = 0; m < 8; ++m) {
      double sum = 0;
      for (double y : t.weights(m).max) {
        CHECK(y >= 0);
        sum += y;
      }
      if (step >= 3) CHECK(sum == doctest::Approx(1).epsilon(1e-14));
      if (step % 3 == 0) CHECK(part(t.weights(m), 1) == part(t.weights(0), 1));
    }
  }
  double norm = 0;
  for (double x : t.weights(0).min) norm += std::abs(x);
  CHECK(norm > 1.1);  // the other player is free
  test::is_repeatable(make);
}

TEST_CASE("on_simplex: fields") {
  CHECK(on_simplex{sgda{0.1}}.objection() == "");
  CHECK(on_simplex{sgda{0.1}, constrains::max, -0.5}.objection() == "on_simplex: floor lies in [0, 1], and is -0.5");
  CHECK(on_simplex<sgda>::name() == "on-simplex-sgda");
}

}  // namespace on_simplex_tests
