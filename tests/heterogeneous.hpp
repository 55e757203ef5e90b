#pragma once
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "vectors.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/topology/circulant.hpp"
#include "saddle/topology/graph.hpp"
#include "saddle/train/trainer.hpp"
#include "saddle/transport/loopback.hpp"

/// The game on which methods are compared: strongly monotone, d = 20, eight workers that disagree about the solution.
/// An exact method comes to it up to rounding, another one stops at a distance proportional to its step size.
namespace test {

struct heterogeneous_game {
  using scalar = double;
  static constexpr bool has_full_batches = true;
  static constexpr std::size_t n = 10, d = 20;  // of each player, of both

  std::vector<vector> matrix, offset;  // of each worker: F_m(w) = B_m w + b_m
  double noise = 0;

  explicit heterogeneous_game(double noise_of_samples = 0, std::uint64_t seed = 3) : noise(noise_of_samples) {
    saddle::random_sequence random({.seed = seed, .use = saddle::purpose::initial_weights});
    for (int m = 0; m < 8; ++m) {
      vector b(d * d), o(d);
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          b[i * d + n + j] = (i == j ? 1.0 : 0.0) + 0.25 * random.normal();
          b[(n + j) * d + i] = -b[i * d + n + j];
        }
      for (std::size_t i = 0; i < d; ++i) {
        b[i * d + i] = 0.4 * (1 + 0.5 * random.uniform());
        o[i] = 0.6 * random.normal();
      }
      matrix.push_back(b);
      offset.push_back(o);
    }
  }
  int workers() const { return static_cast<int>(matrix.size()); }
  static saddle::players sizes() { return {n, n}; }
  static void initial(std::uint64_t, saddle::point<double> w) {
    for (int p = 0; p < 2; ++p)
      for (double& x : w.of(p)) x = 0;
  }
  void gradient(saddle::point<double const> at, saddle::sample s, saddle::point<double> out) const {
    gradient(at, s, out, saddle::player::min);
    gradient(at, s, out, saddle::player::max);
  }
  /// A sample's noise is a function of the point, the same one at two points, and vanishes nowhere.
  void gradient(saddle::point<double const> at, saddle::sample s, saddle::point<double> out, saddle::player who) const {
    int const p = static_cast<int>(who);
    vector const& b = matrix[static_cast<std::size_t>(s.worker)];
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t const r = i + (p == 0 ? 0 : n);
      double sum = offset[static_cast<std::size_t>(s.worker)][r];
      for (std::size_t j = 0; j < n; ++j) sum += b[r * d + j] * at.min[j];
      for (std::size_t j = 0; j < n; ++j) sum += b[r * d + n + j] * at.max[j];
      out.of(p)[i] = sum;
    }
    if (noise == 0 || s.draw == saddle::full_batch) return;
    saddle::random_sequence random(
        {.seed = s.seed,
         .use = saddle::purpose::data_order,
         .exchange = static_cast<std::uint64_t>(s.step),
         .worker = static_cast<std::uint32_t>(s.worker),
         .bucket = (2 * static_cast<std::uint64_t>(s.draw) + static_cast<std::uint64_t>(p)) << 20});
    for (std::size_t i = 0; i < n; ++i) out.of(p)[i] += noise * random.normal() * (1 + at.of(p)[i]);
  }
  /// The gradient at a point in one vector.
  vector field(vector const& at, saddle::sample s) const {
    vector g(d);
    std::span<double const> const in(at);
    std::span<double> const out(g);
    gradient({in.first(n), in.last(n)}, s, {out.first(n), out.last(n)});
    return g;
  }
  /// Where the mean of the F_m is zero, each times a weight (Gauss and Jordan).
  vector solution(vector weights = {}) const {
    if (weights.empty()) weights = vector(matrix.size(), 1);
    std::vector<vector> a(d, vector(d + 1));
    for (std::size_t m = 0; m < matrix.size(); ++m)
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j < d; ++j) a[i][j] += weights[m] * matrix[m][i * d + j];
        a[i][d] -= weights[m] * offset[m][i];
      }
    for (std::size_t c = 0; c < d; ++c) {
      std::size_t pivot = c;
      for (std::size_t i = c; i < d; ++i)
        if (std::abs(a[i][c]) > std::abs(a[pivot][c])) pivot = i;
      std::swap(a[c], a[pivot]);
      for (std::size_t i = 0; i < d; ++i) {
        if (i == c) continue;
        double const f = a[i][c] / a[c][c];
        for (std::size_t j = c; j <= d; ++j) a[i][j] -= f * a[c][j];
      }
    }
    vector w(d);
    for (std::size_t i = 0; i < d; ++i) w[i] = a[i][d] / a[i][i];
    return w;
  }
};

/// All methods of a test on one type of problem: a trainer compiles its policies, not the game.
template <class O, class C, class Tp>
saddle::trainer<double> trainer_of(heterogeneous_game const& game, O o, C c, Tp t, int threads = 1) {
  return {game, o, c, t, saddle::loopback{game.workers()}, saddle::cpu{threads}};
}
/// The largest distance of a worker's weights.
inline double distance(saddle::trainer<double> const& t, vector const& to) {
  double most = 0;
  for (int m = 0; m < t.workers(); ++m) {
    double const one = distance(joined(t.weights(m)), to);
    most = one > most || !(one == one) ? one : most;
  }
  return most;
}
/// The mean over the workers of an array.
inline vector mean_of(saddle::trainer<double> const& t, std::string const& array) {
  vector sum = joined(t.array(array, 0));
  for (int m = 1; m < t.workers(); ++m) {
    vector const one = joined(t.array(array, m));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one[i];
  }
  for (double& x : sum) x /= t.workers();
  return sum;
}

/// The distance to the solution of a game without noise after so many steps.
template <class O, class C, class Tp>
double distance_after(int steps, O o, C c, Tp t) {
  heterogeneous_game const game;
  auto run = trainer_of(game, o, c, t);
  run.run(steps);
  double const left = distance(run, game.solution());
  MESSAGE(O::name(), ", ", C::name(), ", ", t.name(), ": ", left, " after ", steps);
  return left;
}
/// A bias that is proportional to the step size: distance(steps, eta) at three of them.
template <class F>
void halves_with_the_step_size(F const& distance, int steps = 3000, double eta = 0.02) {
  double const a = distance(steps, eta), b = distance(2 * steps, eta / 2), c = distance(4 * steps, eta / 4);
  CHECK(a > 1e-3);
  CHECK(a / b > 1.8);
  CHECK(a / b < 2.4);
  CHECK(b / c > 1.85);
  CHECK(b / c < 2.2);
}

/// make(threads) is a run: its bits do not depend on the threads, and one that was saved halfway goes on as if it had
/// never stopped.
template <class Make>
void is_repeatable(Make const& make, int steps = 23) {
  auto const file =
      (std::filesystem::temp_directory_path() / ("saddle-method-" + std::to_string(::getpid()))).string();
  saddle::trainer<double> whole = make(1), threaded = make(3), first = make(1), second = make(3);
  whole.run(2 * steps);
  threaded.run(2 * steps);
  first.run(steps);
  first.save(file);
  second.load(file);
  std::filesystem::remove(file);
  CHECK(second.digest() == first.digest());
  second.run(steps);
  CHECK(threaded.digest() == whole.digest());
  CHECK(second.digest() == whole.digest());
  CHECK(first.digest() != whole.digest());
}

/// Rows of a matrix over 8 workers that sum to 1, and columns that do not: a worker counts as the left eigenvector says.
inline saddle::mixing_rows uneven_ring() {
  saddle::mixing_rows rows;
  for (int m = 0; m < 8; ++m) {
    double const own = m % 2 == 1 ? 0.6 : 0.2;
    std::vector<saddle::edge> row{{m, own}, {(m + 1) % 8, (1 - own) / 2}, {(m + 7) % 8, (1 - own) / 2}};
    std::ranges::sort(row, {}, &saddle::edge::worker);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace test
