#pragma once
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

/// f_m(x, y) = x' A_m y: F_m = (A_m y, -A_m' x), with the solution 0 where the mean of A_m is regular.
///
/// shape   A_m is extents.min x extents.max, row by row; one matrix a worker
/// start   standard normal
/// errors  std::invalid_argument for matrices of another size
template <class T = double>
struct bilinear {
  using scalar = T;
  static constexpr bool has_full_batches = true;

  players extents = {};
  std::vector<std::vector<T>> matrices = {};

  /// A_m = I + deviation * N, the entries of N standard normal: BIL for n = 5, deviation = 0.3, four
  /// workers.
  static bilinear random(int n, double deviation, int workers, std::uint64_t seed) {
    expects(n > 0 && workers > 0, "bilinear: n and workers are positive");
    bilinear game{.extents = {n, n}};
    for (int m = 0; m < workers; ++m) {
      random_sequence normal(
          {.seed = seed, .use = purpose::data_order, .worker = static_cast<std::uint32_t>(m)});
      auto& a = game.matrices.emplace_back();
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) a.push_back(static_cast<T>((i == j) + deviation * normal.normal()));
    }
    return game;
  }

  players sizes() const { return extents; }
  int workers() const { return static_cast<int>(matrices.size()); }

  /// Sizes, and a checksum of the matrices.
  std::string identity() const {
    check();
    checksum sum;
    for (std::vector<T> const& a : matrices) sum.add(std::span(a));
    return "bilinear " + number_text(extents.min) + "+" + number_text(extents.max) +
           " data=" + number_text(matrices.size()) + ":" + hex_text(sum.value());
  }

  void initial(std::uint64_t seed, point<T> w) const {
    check();
    expects(has_sizes(w, extents), "bilinear: one span a player, of the player's size");
    random_sequence normal({.seed = seed, .use = purpose::initial_weights});
    for (int p = 0; p < 2; ++p)
      for (T& v : w.of(p)) v = static_cast<T>(normal.normal());
  }

  void gradient(point<T const> at, sample s, point<T> out) const {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }

  void gradient(point<T const> at, sample s, point<T> out, player who) const {
    expects(s.worker >= 0 && s.worker < workers(), "bilinear: the worker has a matrix");
    check(static_cast<std::size_t>(s.worker));
    int const p = static_cast<int>(who);
    expects(has_sizes(at, extents) && static_cast<std::int64_t>(out.of(p).size()) == extents.of(p),
            "bilinear: one span a player, of the player's size");
    T const* const a = matrices[static_cast<std::size_t>(s.worker)].data();
    std::size_t const rows = at.min.size(), columns = at.max.size();
    if (who == player::min)
      for (std::size_t i = 0; i < rows; ++i) {
        T sum = 0;
        for (std::size_t j = 0; j < columns; ++j) sum += a[i * columns + j] * at.max[j];
        out.min[i] = sum;
      }
    else
      for (std::size_t j = 0; j < columns; ++j) {
        T sum = 0;
        for (std::size_t i = 0; i < rows; ++i) sum += a[i * columns + j] * at.min[i];
        out.max[j] = -sum;
      }
  }

 private:
  /// This worker's part.
  void check(std::size_t m) const {
    expects(extents.min >= 0 && extents.max >= 0, "bilinear: no player has a negative size");
    auto const rows = static_cast<std::size_t>(extents.min), columns = static_cast<std::size_t>(extents.max);
    expects(matrices[m].size() == rows * columns, [&] {
      return "bilinear: the matrix of worker " + number_text(m) + " has " + number_text(matrices[m].size()) +
             " numbers, not " + number_text(rows) + " x " + number_text(columns);
    });
  }
  void check() const {
    expects(!matrices.empty(), "bilinear: there are no matrices");
    for (std::size_t m = 0; m < matrices.size(); ++m) {
      check(m);
      for (T const v : matrices[m])
        expects(is_finite(v), [&] { return "bilinear: the matrix of worker " + number_text(m) + " is not finite"; });
    }
  }
};

static_assert(problem<bilinear<>> && splits_by_player<bilinear<>>);

SADDLE_NAMESPACE_END
