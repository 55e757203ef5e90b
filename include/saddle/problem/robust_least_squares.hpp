#pragma once
#include <Eigen/Core>
#include <Eigen/QR>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
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

/// min_x max_y |A x - y|^2 - lambda |y - y0|^2, lambda > 1: least squares whose right hand side is an
/// opponent's.
///
/// workers  consecutive rows each, of equal number +-1; F_m is that of the worker's rows times the number
///          of workers, so that the mean over the workers is F; in y it is zero outside the worker's rows
/// start    0
/// errors   std::invalid_argument where y0 has not one number a row, lambda is not above 1, a client has no row
template <class T = double>
struct robust_least_squares {
  using scalar = T;
  using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  using vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  static constexpr bool has_full_batches = true;

  matrix a = {};
  vector y0 = {};
  double lambda = 50;
  int clients = 1;

  /// A and x* standard normal, y0 = A x* + 0.01 * standard normal. The public setting is 200 x 10 with 20
  /// clients. A x* is a product by Eigen: on another instruction set its last bits differ, and with them the identity.
  static robust_least_squares random(int rows, int columns, int clients, std::uint64_t seed) {
    expects(columns > 0 && clients > 0 && clients <= rows,
            "robust_least_squares: there are columns, clients, and a row for each client");
    random_sequence random({.seed = seed, .use = purpose::data_order});
    auto const normal = [&] { return static_cast<T>(random.normal()); };
    matrix const a = matrix::NullaryExpr(rows, columns, normal);
    vector const x = vector::NullaryExpr(columns, normal);
    vector const error = vector::NullaryExpr(rows, normal);
    return {.a = a, .y0 = a * x + static_cast<T>(0.01) * error, .clients = clients};
  }

  players sizes() const { return {a.cols(), a.rows()}; }
  int workers() const { return clients; }

  /// Sizes, lambda, clients, and a checksum of A and y0.
  std::string identity() const {
    check();
    checksum sum;
    sum.add(std::span(a.data(), static_cast<std::size_t>(a.size())));
    sum.add(std::span(y0.data(), static_cast<std::size_t>(y0.size())));
    return "robust-least-squares lambda=" + number_text(lambda) + " parts=" + number_text(clients) +
           " data=" + number_text(a.rows()) + "x" + number_text(a.cols()) + ":" + hex_text(sum.value());
  }

  /// x and then y: x is the least squares solution for y0, and y = (lambda y0 - A x) / (lambda - 1).
  std::vector<T> solution() const {
    check();
    T const l = static_cast<T>(lambda);
    vector const x = a.householderQr().solve(y0);
    vector const y = (l * y0 - a * x) / (l - 1);
    std::vector<T> w(x.begin(), x.end());
    w.insert(w.end(), y.begin(), y.end());
    return w;
  }

  void initial(std::uint64_t, point<T> w) const {
    check();
    expects(has_sizes(w, sizes()), "robust_least_squares: one span a player, of the player's size");
    for (int p = 0; p < 2; ++p)
      for (T& v : w.of(p)) v = 0;
  }

  void gradient(point<T const> at, sample s, point<T> out) const {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }

  void gradient(point<T const> at, sample s, point<T> out, player who) const {
    check_sizes();
    expects(s.worker >= 0 && s.worker < clients, "robust_least_squares: the worker has rows");
    int const p = static_cast<int>(who);
    expects(has_sizes(at, sizes()) && static_cast<std::int64_t>(out.of(p).size()) == sizes().of(p),
            "robust_least_squares: one span a player, of the player's size");
    std::int64_t const rows = a.rows(), first = rows * s.worker / clients,
                       last = rows * (s.worker + 1) / clients;
    T const scale = static_cast<T>(2 * clients), l = static_cast<T>(lambda);
    for (T& v : out.of(static_cast<int>(who))) v = 0;
    for (std::int64_t i = first; i < last; ++i) {
      T const y = at.max[static_cast<std::size_t>(i)];
      T residual = -y;
      for (std::int64_t j = 0; j < a.cols(); ++j) residual += a(i, j) * at.min[static_cast<std::size_t>(j)];
      if (who == player::max)
        out.max[static_cast<std::size_t>(i)] = scale * (residual + l * (y - y0(i)));
      else
        for (std::int64_t j = 0; j < a.cols(); ++j)
          out.min[static_cast<std::size_t>(j)] += scale * a(i, j) * residual;
    }
  }

 private:
  void check_sizes() const {
    expects(y0.size() == a.rows(), [&] {
      return "robust_least_squares: y0 has " + number_text(y0.size()) + " numbers for " + number_text(a.rows()) +
             " rows";
    });
    expects(clients >= 1 && clients <= a.rows(), [&] {
      return "robust_least_squares: " + number_text(clients) + " clients for " + number_text(a.rows()) + " rows";
    });
  }
  void check() const {
    check_sizes();
    expects(lambda > 1 && is_finite(lambda), "robust_least_squares: lambda is finite and above 1");
    expects(a.allFinite() && y0.allFinite(), "robust_least_squares: A and y0 are finite");
  }
};

static_assert(problem<robust_least_squares<>> && splits_by_player<robust_least_squares<>>);

SADDLE_NAMESPACE_END
