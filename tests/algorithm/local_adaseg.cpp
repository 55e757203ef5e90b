// LocalAdaSEG: local extragradient whose workers adapt their steps alone, and a mean by weights.
#include "saddle/algorithm/local_adaseg.hpp"

#include <algorithm>
#include <cmath>

#include "../heterogeneous.hpp"
#include "saddle/algorithm/local_sgda.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/top_k.hpp"

namespace local_adaseg_tests {

using namespace saddle;
using test::vector;

namespace {

using sparse = local_adaseg<error_feedback<top_k<128, 4>>>;

vector gradient(test::heterogeneous_game const& game, vector const& w, int m, int step, int draw) {
  vector g(20);
  std::span<double> const out(g);
  std::span<double const> const in(w);
  game.gradient({in.first(10), in.last(10)}, {1, m, step, draw}, {out.first(10), out.last(10)});
  return g;
}
template <class S>
trainer<double> run_of(test::heterogeneous_game const& game, S const& system, int threads = 1) {
  return {game, system, loopback{8}, cpu{threads}};
}

}  // namespace

TEST_CASE("LocalAdaSEG: every worker by itself, then the mean by 1 / eta") {
  test::heterogeneous_game const noisy(0.3);
  auto t = run_of(noisy, local_adaseg<>{.optimizer = {.diameter = 2}, .topology = {.every = 4}});
  std::vector<vector> w(8, vector(20));
  vector sum(8), weight(8);
  for (int step = 1; step <= 60; ++step) {
    for (std::size_t m = 0; m < 8; ++m) {
      double const eta = 2 / std::sqrt(1 + sum[m]);
      vector h = w[m];
      vector const first = gradient(noisy, w[m], static_cast<int>(m), step, 0);
      for (std::size_t i = 0; i < 20; ++i) h[i] -= eta * first[i];
      vector const second = gradient(noisy, h, static_cast<int>(m), step, 1);
      for (std::size_t i = 0; i < 20; ++i) w[m][i] -= eta * second[i];
      for (std::size_t i = 0; i < 20; ++i)
        sum[m] += (first[i] * first[i] + (first[i] - second[i]) * (first[i] - second[i])) / 5;
      weight[m] = std::sqrt(1 + sum[m]);
    }
    if (step % 4 == 0) {
      vector mean(20);
      double all = 0;
      for (std::size_t m = 0; m < 8; ++m) {
        all += weight[m];
        for (std::size_t i = 0; i < 20; ++i) mean[i] += weight[m] * w[m][i];
      }
      for (double& x : mean) x /= all;
      w.assign(8, mean);
    }
    t.step();
    for (int m = 0; m < 8; ++m)
      REQUIRE(test::distance(test::joined(t.weights(m)), w[static_cast<std::size_t>(m)]) < 1e-11);
  }
}

TEST_CASE("LocalAdaSEG: where all steps are equal it is local extragradient") {
  test::heterogeneous_game const game;
  double const much = 1e9;  // G: what is added to its square is lost
  auto t = run_of(game, local_adaseg<>{.optimizer = {0.05 * much, much, sampling::same}, .topology = {.every = 5}});
  auto plain = run_of(game, local_extragradient{{0.05}, {}, {.every = 5}});
  for (int round = 0; round < 40; ++round) {
    t.run(5);
    plain.run(5);
    REQUIRE(test::distance(t, test::joined(plain.weights(0))) < 1e-13);
  }
  CHECK(test::distance(t, vector(20)) > 0.5);
}

TEST_CASE("LocalAdaSEG: falls with the steps, by compressed messages too, where workers differ") {
  test::heterogeneous_game const game;
  auto const falls = [&](auto const& system) {
    auto t = run_of(game, system);
    t.run(5000);
    double const before = test::distance(t, game.solution());
    t.run(15000);
    double const after = test::distance(t, game.solution());
    MESSAGE("at ", before, " and ", after, " after 5000 and 20000 steps");
    CHECK(before < 0.05);
    CHECK(before / after > 1.7);  // as 1 / sqrt t
    CHECK(before / after < 2.6);
  };
  falls(local_adaseg<>{.optimizer = {.diameter = 0.5}});
  falls(sparse{.optimizer = {.diameter = 0.5}});
}

namespace {

/// A gradient that is not finite, in a step with a round.
struct failing_once {
  using scalar = double;
  test::heterogeneous_game game{0.3};
  static players sizes() { return test::heterogeneous_game::sizes(); }
  static void initial(std::uint64_t seed, point<double> w) { test::heterogeneous_game::initial(seed, w); }
  static bool fails(int worker, int step) { return worker == 3 && step == 8; }
  void gradient(point<double const> at, sample s, point<double> out) const {
    game.gradient(at, s, out);
    if (s.draw == 1 && fails(s.worker, static_cast<int>(s.step))) out.min[2] = std::nan("");
  }
};
/// The largest n of x[first ... first + 9] stay.
vector largest_of(vector x, std::size_t first, std::size_t n) {
  vector sizes;
  for (std::size_t i = first; i < first + 10; ++i) sizes.push_back(std::abs(x[i]));
  std::sort(sizes.rbegin(), sizes.rend());
  for (std::size_t i = first; i < first + 10; ++i)
    if (std::abs(x[i]) < sizes[n - 1]) x[i] = 0;
  return x;
}

}  // namespace

TEST_CASE("LocalAdaSEG: error memories are in units of the mean, and a skipped round leaves in them what w has not") {
  failing_once const problem;
  trainer<double> t{problem, sparse{.optimizer = {.diameter = 2}, .topology = {.every = 4}}, loopback{8}, cpu{}};
  vector anchor(20), sum(8), weight(8);
  std::vector<vector> w(8, vector(20)), e(8, vector(20)), v(8, vector(20));
  for (int step = 1; step <= 40; ++step) {
    for (std::size_t m = 0; m < 8; ++m) {
      bool const fails = problem.fails(static_cast<int>(m), step);
      double const eta = 2 / std::sqrt(1 + sum[m]);
      vector h = w[m];
      vector const first = gradient(problem.game, w[m], static_cast<int>(m), step, 0);
      for (std::size_t i = 0; i < 20; ++i) h[i] -= eta * first[i];
      vector const second = gradient(problem.game, h, static_cast<int>(m), step, 1);
      for (std::size_t i = 0; i < 20; ++i) v[m][i] = fails && i < 10 ? 0 : eta * second[i];
      for (std::size_t i = 0; i < 20 && !fails; ++i)
        sum[m] += (first[i] * first[i] + (first[i] - second[i]) * (first[i] - second[i])) / 5;
      weight[m] = std::sqrt(1 + sum[m]);
      if (step % 4 != 0)
        for (std::size_t i = 0; i < 20; ++i) w[m][i] -= v[m][i];
    }
    if (step % 4 == 0) {
      vector mean(20);
      double all = 0;
      for (double x : weight) all += x / 8;
      for (std::size_t m = 0; m < 8; ++m) {
        vector p(20);
        double const share = weight[m] / all;
        for (std::size_t i = 0; i < 20; ++i) p[i] = share * (anchor[i] - w[m][i] + v[m][i]) + e[m][i];
        vector const sent = largest_of(largest_of(p, 0, 4), 10, 4);
        for (std::size_t i = 0; i < 20; ++i) {
          e[m][i] = p[i] - sent[i];
          mean[i] += sent[i] / 8;
          if (step == 8) e[m][i] = p[i] - share * (anchor[i] - w[m][i]);
        }
      }
      if (step != 8) {
        for (std::size_t i = 0; i < 20; ++i) anchor[i] -= mean[i];
        w.assign(8, anchor);
      }
    }
    t.step();
    for (int m = 0; m < 8; ++m) {
      REQUIRE(test::distance(test::joined(t.weights(m)), w[static_cast<std::size_t>(m)]) < 1e-10);
      REQUIRE(test::distance(test::joined(t.memory(m)), e[static_cast<std::size_t>(m)]) < 1e-10);
    }
  }
  CHECK(t.report().skipped_steps == 1);
}

TEST_CASE("LocalAdaSEG: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  test::is_repeatable([&](int threads) { return run_of(noisy, local_adaseg<>{}, threads); });
  test::is_repeatable([&](int threads) { return run_of(noisy, sparse{}, threads); });
}

}  // namespace local_adaseg_tests
