#pragma once
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// [m][j]: what worker m takes of worker j.
using dense_rows = std::vector<std::vector<double>>;

/// A sequence of matrices, one a round, repeated. Sums may be off by 1e-12.
///
/// errors  std::invalid_argument with round, row and column (from 0) and the value: not square, not of one size,
///         negative, not finite, a sum that is not 1; and where the workers could not agree, see is_connected
inline mixing_graph from_matrices(std::vector<dense_rows> const& rounds, stochastic kind = stochastic::doubly,
                                  std::string const& name = "matrix") {
  auto const is_one = [](double sum) { return std::abs(sum - 1) <= 1e-12; };
  auto const number = [](double x) { return rounded_text(x, 15); };
  expects(!rounds.empty() && !rounds[0].empty(), "from_matrix: there must be a matrix, of at least one worker");
  std::size_t const n = rounds[0].size();
  mixing_graph g{name, static_cast<int>(n), {}, kind};
  checksum sum;  // becomes part of the name: a checkpoint shall not continue on another matrix
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    auto const round = [&] { return "from_matrix: round " + std::to_string(r); };
    expects(rounds[r].size() == n, [&] {
      return round() + " has " + std::to_string(rounds[r].size()) + " rows, the first has " + std::to_string(n);
    });
    mixing_rows& matrix = g.rounds.emplace_back(n);
    std::vector<double> columns(n);
    for (std::size_t m = 0; m < n; ++m) {
      std::vector<double> const& row = rounds[r][m];
      auto const in_row = [&] { return round() + ", row " + std::to_string(m); };
      expects(row.size() == n, [&] {
        return in_row() + " has " + std::to_string(row.size()) + " numbers, not " + std::to_string(n);
      });
      double total = 0;
      for (std::size_t j = 0; j < n; ++j) {
        expects(is_finite(row[j]) && row[j] >= 0, [&] {
          return in_row() + ", column " + std::to_string(j) + ": " + number(row[j]) + " is no weight";
        });
        total += row[j];
        columns[j] += row[j];
        if (row[j] > 0) matrix[m].push_back({static_cast<int>(j), row[j]});
      }
      expects(kind == stochastic::columns || is_one(total),
              [&] { return in_row() + " sums to " + number(total) + ", not to 1"; });
      sum.add(std::span(row));
    }
    for (std::size_t j = 0; j < n; ++j)
      expects(kind == stochastic::rows || is_one(columns[j]), [&] {
        return round() + ", column " + std::to_string(j) + " sums to " + number(columns[j]) +
               ", not to 1: the mean would move, which stochastic::rows allows";
      });
  }
  expects(is_connected(g),
          "from_matrix: not connected: some worker would never hear of another, or never all of all at once");
  g.name.append("-").append(hex_text(sum.value()));
  return g;
}

/// The same matrix in every round.
inline mixing_graph from_matrix(dense_rows const& matrix, stochastic kind = stochastic::doubly,
                                std::string const& name = "matrix") {
  return from_matrices({matrix}, kind, name);
}

SADDLE_NAMESPACE_END
