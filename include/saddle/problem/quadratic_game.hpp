#pragma once
#include <Eigen/Core>
#include <Eigen/LU>
#include <Eigen/QR>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// F_m(w) = B_m w + b_m, w = (x, y), with normal noise of the given deviation added to every coordinate.
///
/// start   0
/// errors  std::invalid_argument where matrices and offsets are not one of each a worker, or of other sizes than w
template <class T = double>
struct quadratic_game {
  using scalar = T;
  using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  using vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  static constexpr bool has_full_batches = true;  // without the noise

  players extents = {};
  std::vector<matrix> matrices = {};  // B_m, one a worker
  std::vector<vector> offsets = {};   // b_m
  double noise = 0;

  /// SMG: B_m = [[mu I, A_m], [-A_m', mu I]] with A_m = I + deviation * N of n x n, b_m and the entries of
  /// N standard normal: strongly monotone, and the workers differ.
  static quadratic_game strongly_monotone(int n, int workers, std::uint64_t seed, double mu = 0.1,
                                          double deviation = 0.2) {
    expects(n > 0 && workers > 0, "quadratic_game: n and workers are positive");
    quadratic_game game{.extents = {n, n}};
    for (int m = 0; m < workers; ++m) {
      random_sequence random = of_worker(seed, m);
      matrix const a = matrix::Identity(n, n) + static_cast<T>(deviation) * normal(n, n, random);
      matrix b = static_cast<T>(mu) * matrix::Identity(2 * n, 2 * n);
      b.topRightCorner(n, n) = a;
      b.bottomLeftCorner(n, n) = -a.transpose();
      game.matrices.push_back(std::move(b));
      game.offsets.push_back(normal(2 * n, 1, random));
    }
    return game;
  }

  /// The generator of public quadratic games: f = x'Ax/2 + x'By - y'Cy/2 + a'x - c'y a datum, A, B, C
  /// symmetric with random orthogonal eigenbases, eigenvalues of A and C uniform in [mu, l], of B in [0,
  /// l], a and c standard normal (our choice). A worker holds the mean of its data. Eigen makes the bases: on another
  /// instruction set their last bits differ, and with them the game's identity.
  static quadratic_game random(int n, int workers, std::uint64_t seed, int data = 100, double mu = 0.01,
                               double l = 1) {
    expects(n > 0 && workers > 0 && data > 0, "quadratic_game: n, workers and data are positive");
    quadratic_game game{.extents = {n, n}};
    for (int m = 0; m < workers; ++m) {
      random_sequence random = of_worker(seed, m);
      matrix sum = matrix::Zero(2 * n, 2 * n);
      vector offset = vector::Zero(2 * n);
      for (int i = 0; i < data; ++i) {
        sum.topLeftCorner(n, n) += symmetric(n, mu, l, random);
        sum.bottomRightCorner(n, n) += symmetric(n, mu, l, random);
        matrix const b = symmetric(n, 0, l, random);
        sum.topRightCorner(n, n) += b;
        sum.bottomLeftCorner(n, n) -= b.transpose();
        offset += normal(2 * n, 1, random);
      }
      game.matrices.push_back(sum / static_cast<T>(data));
      game.offsets.push_back(offset / static_cast<T>(data));
    }
    return game;
  }

  players sizes() const { return extents; }
  int workers() const { return static_cast<int>(matrices.size()); }

  /// Sizes, noise, and a checksum of the matrices and offsets.
  std::string identity() const {
    check();
    checksum sum;
    for (std::size_t m = 0; m < matrices.size(); ++m) {
      sum.add(std::span(matrices[m].data(), static_cast<std::size_t>(matrices[m].size())));
      sum.add(std::span(offsets[m].data(), static_cast<std::size_t>(offsets[m].size())));
    }
    return "quadratic-game " + number_text(extents.min) + "+" + number_text(extents.max) + " noise=" +
           number_text(noise) + " data=" + number_text(matrices.size()) + ":" + hex_text(sum.value());
  }

  /// Where the mean of F_m is zero: x and then y.
  std::vector<T> solution() const {
    check();
    matrix sum = matrix::Zero(extents.size(), extents.size());
    vector offset = vector::Zero(extents.size());
    for (std::size_t m = 0; m < matrices.size(); ++m) sum += matrices[m], offset += offsets[m];
    vector const w = sum.partialPivLu().solve(-offset);
    return {w.begin(), w.end()};
  }

  void initial(std::uint64_t, point<T> w) const {
    check();
    expects(has_sizes(w, extents), "quadratic_game: one span a player, of the player's size");
    for (int p = 0; p < 2; ++p)
      for (T& v : w.of(p)) v = 0;
  }

  void gradient(point<T const> at, sample s, point<T> out) const {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }

  void gradient(point<T const> at, sample s, point<T> out, player who) const {
    int const p = static_cast<int>(who);
    expects(s.worker >= 0 && s.worker < workers(), "quadratic_game: the worker has a matrix");
    check(static_cast<std::size_t>(s.worker));
    expects(has_sizes(at, extents) && static_cast<std::int64_t>(out.of(p).size()) == extents.of(p),
            "quadratic_game: one span a player, of the player's size");
    auto const& b = matrices[static_cast<std::size_t>(s.worker)];
    auto const& offset = offsets[static_cast<std::size_t>(s.worker)];
    std::int64_t const first = p == 0 ? 0 : extents.min;
    for (std::int64_t i = 0; i < extents.of(p); ++i) {
      T sum = offset(first + i);
      for (std::int64_t j = 0; j < extents.min; ++j)
        sum += b(first + i, j) * at.min[static_cast<std::size_t>(j)];
      for (std::int64_t j = 0; j < extents.max; ++j)
        sum += b(first + i, extents.min + j) * at.max[static_cast<std::size_t>(j)];
      out.of(p)[static_cast<std::size_t>(i)] = sum;
    }
    if (noise == 0 || s.draw == full_batch) return;
    random_sequence random(
        {.seed = s.seed,
         .use = purpose::data_order,
         .exchange = static_cast<std::uint64_t>(s.step),
         .worker = static_cast<std::uint32_t>(s.worker),
         .bucket = (2 * static_cast<std::uint64_t>(s.draw) + static_cast<std::uint64_t>(p)) << 20});
    for (T& v : out.of(p)) v += static_cast<T>(noise * random.normal());
  }

 private:
  /// This worker's part.
  void check(std::size_t m) const {
    expects(extents.min >= 0 && extents.max >= 0, "quadratic_game: no player has a negative size");
    expects(offsets.size() == matrices.size(), [&] {
      return "quadratic_game: there are " + number_text(matrices.size()) + " matrices and " +
             number_text(offsets.size()) + " offsets";
    });
    std::int64_t const n = extents.size();
    expects(matrices[m].rows() == n && matrices[m].cols() == n && offsets[m].size() == n, [&] {
      return "quadratic_game: worker " + number_text(m) + " has a matrix of " + number_text(matrices[m].rows()) +
             " x " + number_text(matrices[m].cols()) + " and an offset of " + number_text(offsets[m].size()) +
             ", and the players together " + number_text(n) + " coordinates";
    });
  }
  void check() const {
    expects(!matrices.empty(), "quadratic_game: there are no matrices");
    expects(noise >= 0 && is_finite(noise), "quadratic_game: the noise is finite and not negative");
    for (std::size_t m = 0; m < matrices.size(); ++m) {
      check(m);
      expects(matrices[m].allFinite() && offsets[m].allFinite(),
              [&] { return "quadratic_game: the data of worker " + number_text(m) + " are not finite"; });
    }
  }
  // Steps count from 1, so the noise of a run with the same seed has other bits.
  static random_sequence of_worker(std::uint64_t seed, int m) {
    return random_sequence(
        {.seed = seed, .use = purpose::data_order, .worker = static_cast<std::uint32_t>(m)});
  }
  static matrix normal(int rows, int columns, random_sequence& random) {
    return matrix::NullaryExpr(rows, columns, [&] { return static_cast<T>(random.normal()); });
  }
  static matrix symmetric(int n, double least, double most, random_sequence& random) {
    matrix const basis = normal(n, n, random).householderQr().householderQ();
    vector const eigenvalues =
        vector::NullaryExpr(n, [&] { return static_cast<T>(least + (most - least) * random.uniform()); });
    return basis * eigenvalues.asDiagonal() * basis.transpose();
  }
};

static_assert(problem<quadratic_game<>> && splits_by_player<quadratic_game<>>);

SADDLE_NAMESPACE_END
