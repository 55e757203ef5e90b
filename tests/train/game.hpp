#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "../nightly.hpp"
#include "../vectors.hpp"
#include "saddle/saddle.hpp"

/// What the tests of the loop share: a game on plain vectors, what is read off a trainer, and an ear on its messages.
namespace test {

inline double norm(vector const& a) {
  double sum = 0;
  for (double x : a) sum += x * x;
  return std::sqrt(sum);
}
inline vector difference(vector a, vector const& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}
inline bool all_finite(vector const& a) {
  return std::all_of(a.begin(), a.end(), [](double x) { return std::isfinite(x); });
}
inline bool all_zero(vector const& a) {
  return std::all_of(a.begin(), a.end(), [](double x) { return x == 0; });
}
inline vector normal(std::size_t n, std::uint64_t seed) {
  saddle::random_sequence random({.seed = seed, .use = saddle::purpose::evaluation});
  vector v(n);
  for (double& x : v) x = random.normal();
  return v;
}

/// F_m(w) = B_m w + b_m with plain loops. `also` sees every gradient, and may change it.
struct linear_game {
  using scalar = double;
  static constexpr bool has_full_batches = true;
  std::size_t min, max;
  std::vector<std::vector<vector>> matrix;  // [worker][row][column]
  std::vector<vector> offset;               // [worker]
  vector start;
  std::function<void(saddle::sample, vector const& at, vector& gradient)> also{};

  saddle::players sizes() const { return {static_cast<std::int64_t>(min), static_cast<std::int64_t>(max)}; }
  int workers() const { return static_cast<int>(matrix.size()); }
  void initial(std::uint64_t, saddle::point<double> w) const { split(start, w); }
  vector field(int worker, vector const& w) const {
    auto const m = static_cast<std::size_t>(worker);
    vector f = offset[m];
    for (std::size_t i = 0; i < f.size(); ++i)
      for (std::size_t j = 0; j < f.size(); ++j) f[i] += matrix[m][i][j] * w[j];
    return f;
  }
  void gradient(saddle::point<double const> at, saddle::sample s, saddle::point<double> out) const {
    vector const w = joined(at);
    vector g = field(s.worker, w);
    if (also) also(s, w, g);
    split(g, out);
  }
  void split(vector const& all, saddle::point<double> out) const {
    std::copy_n(all.begin(), min, out.min.begin());
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(min), max, out.max.begin());
  }
};

/// B_m = [[mu I, A_m], [-A_m', mu I]], A_m = I + spread N of n x n; b_m is normal or absent.
inline linear_game random_game(std::size_t n, int workers, double mu, double spread, bool offsets,
                               std::uint64_t seed = 5) {
  saddle::random_sequence random({.seed = seed, .use = saddle::purpose::evaluation, .worker = 1});
  linear_game game{.min = n, .max = n, .matrix = {}, .offset = {}, .start = vector(2 * n)};
  for (int m = 0; m < workers; ++m) {
    std::vector<vector> b(2 * n, vector(2 * n));
    vector offset(2 * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        b[i][n + j] = (i == j ? 1 : 0) + spread * random.normal();
        b[n + j][i] = -b[i][n + j];
      }
    for (std::size_t i = 0; i < 2 * n; ++i) {
      b[i][i] = mu;
      offset[i] = offsets ? random.normal() : 0;
    }
    game.matrix.push_back(b);
    game.offset.push_back(offset);
  }
  return game;
}
/// Bilinear, d = 10, workers differ, the solution is 0.
inline linear_game bil(int workers = 4, std::uint64_t seed = 5, std::uint64_t start_seed = 7) {
  linear_game game = random_game(5, workers, 0, 0.3, false, seed);
  game.start = normal(10, start_seed);
  return game;
}
/// Strongly monotone, d = 20, workers differ and disagree about the solution; starts at 0.
inline linear_game smg(int workers = 4, std::uint64_t seed = 5) {
  return random_game(10, workers, 0.1, 0.2, true, seed);
}
/// The median of `measure(seed)` over the seeds 1 ... 5, by night 1 ... 15.
template <class Measure>
double median_of_draws(Measure measure) {
  vector all;
  for (std::uint64_t seed = 1; seed <= (is_nightly() ? 15 : 5); ++seed) all.push_back(measure(seed));
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}
/// f = x y.
inline linear_game rotation() {
  return {.min = 1, .max = 1, .matrix = {{{0, 1}, {-1, 0}}}, .offset = {{0, 0}}, .start = {1, 0}};
}
/// F_m = `push[m]` in step 1 and 0 afterwards: workers that start apart. All coordinates belong to the first player.
inline linear_game scattered(std::vector<vector> const& push) {
  std::size_t const n = push[0].size();
  return {.min = n,
          .max = 0,
          .matrix = std::vector(push.size(), std::vector(n, vector(n))),
          .offset = std::vector(push.size(), vector(n)),
          .start = vector(n),
          .also = [push](saddle::sample s, vector const&, vector& g) {
            if (s.step == 1) g = push[static_cast<std::size_t>(s.worker)];
          }};
}

/// Where the mean of the F_m is zero (Gauss and Jordan).
inline vector solution(linear_game const& game) {
  std::size_t const n = game.start.size();
  std::vector<vector> a(n, vector(n + 1));
  for (std::size_t m = 0; m < game.matrix.size(); ++m)
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) a[i][j] += game.matrix[m][i][j];
      a[i][n] -= game.offset[m][i];
    }
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t i = c; i < n; ++i)
      if (std::abs(a[i][c]) > std::abs(a[pivot][c])) pivot = i;
    std::swap(a[c], a[pivot]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == c) continue;
      double const f = a[i][c] / a[c][c];
      for (std::size_t j = c; j <= n; ++j) a[i][j] -= f * a[c][j];
    }
  }
  vector w(n);
  for (std::size_t i = 0; i < n; ++i) w[i] = a[i][n] / a[i][i];
  return w;
}

// ---- What is read off a trainer ----

inline vector weights(saddle::trainer<double> const& t, int worker = 0) { return joined(t.weights(worker)); }
inline vector look_ahead(saddle::trainer<double> const& t, int worker = 0) { return joined(t.look_ahead(worker)); }
inline vector memory(saddle::trainer<double> const& t, int worker = 0) { return joined(t.memory(worker)); }
template <class Of>
vector mean(saddle::trainer<double> const& t, Of of) {
  vector sum = of(t, 0);
  for (int m = 1; m < t.workers(); ++m) {
    vector const one = of(t, m);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one[i];
  }
  for (double& x : sum) x /= t.workers();
  return sum;
}
inline vector mean_weights(saddle::trainer<double> const& t) { return mean(t, weights); }
/// Where the workers' weights will be when all debts are paid: w - mean e.
inline vector settled(saddle::trainer<double> const& t) { return difference(mean_weights(t), mean(t, memory)); }
/// How far the workers are from their mean, all together.
inline double disagreement(saddle::trainer<double> const& t) {
  vector const middle = mean_weights(t);
  double sum = 0;
  for (int m = 0; m < t.workers(); ++m) sum += std::pow(distance(weights(t, m), middle), 2);
  return std::sqrt(sum);
}

// ---- Gossip ----

/// Y_m = sum of W_mj X_j, in ascending order of j.
inline std::vector<vector> mixed(saddle::mixing_rows const& weights, std::vector<vector> const& x) {
  std::vector<vector> y;
  for (auto const& row : weights) {
    vector sum(x[0].size());
    for (saddle::edge const& e : row)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += e.weight * x[static_cast<std::size_t>(e.worker)][i];
    y.push_back(sum);
  }
  return y;
}
inline vector average(std::vector<vector> const& x) {
  vector sum(x[0].size());
  for (auto const& one : x)
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one[i] / static_cast<double>(x.size());
  return sum;
}
/// W of the ring of 4, dense.
inline double ring_weight(std::size_t m, std::size_t j) { return (m + 4 - j) % 4 == 2 ? 0 : 1.0 / 3; }

/// 8 workers on a ring that start apart and only talk: how much of their disagreement is left after `steps`.
/// Nothing but talk moves them, so their mean stays.
template <class C>
double left_after(C c, double consensus_step, int steps) {
  std::vector<vector> push;
  for (std::uint64_t m = 0; m < 8; ++m) push.push_back(normal(100, m));
  saddle::gossip const talk{.graph = saddle::ring(8), .consensus_step = consensus_step};
  saddle::trainer t{scattered(push), saddle::sgda{1}, c, talk, saddle::loopback{8}, saddle::cpu{}};
  vector middle(100);
  double apart = 0;
  for (auto const& p : push)
    for (std::size_t i = 0; i < 100; ++i) middle[i] -= p[i] / 8;
  for (auto const& p : push)
    for (std::size_t i = 0; i < 100; ++i) apart += std::pow(-p[i] - middle[i], 2);
  t.run(steps);
  double const left = disagreement(t) / std::sqrt(apart);
  CHECK(distance(mean_weights(t), middle) < 1e-12 * (1 + left));
  return left;
}

// ---- Messages ----

/// What a receiver makes of what travels of a message of both players.
template <class C>
vector decoded(std::vector<std::byte> const& message, saddle::players sizes) {
  saddle::bucket_layout const layout{sizes, C::bucket};
  saddle::aligned_vector<std::byte> memory(static_cast<std::size_t>(saddle::planes_bytes<C, double>(layout)));
  auto const planes = saddle::planes_at<C, double>(layout, memory.data());
  auto from = message.begin();
  for (std::span<std::byte> part : saddle::wire_parts<C, double>(planes, layout, layout.of(saddle::both_players))) {
    std::copy_n(from, part.size(), part.begin());
    from += static_cast<std::ptrdiff_t>(part.size());
  }
  vector all;
  for (std::int64_t i = 0; i < layout.buckets(); ++i) {
    saddle::bucket const b = layout.at(i);
    double part[C::bucket] = {};
    C{}.add(saddle::serial_group{}, saddle::message_at<C, double>(planes, b), b.count, 1.0, part);
    all.insert(all.end(), part, part + b.count);
  }
  return all;
}

/// The k largest magnitudes of w[first ... last), the lower index where they tie; zero elsewhere.
inline void keep_largest(vector& w, std::size_t first, std::size_t last, std::size_t k) {
  std::vector<std::size_t> order;
  for (std::size_t i = first; i < last; ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return std::abs(w[i]) > std::abs(w[j]); });
  for (std::size_t r = k; r < order.size(); ++r) w[order[r]] = 0;
}

}  // namespace test
