#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"

SADDLE_NAMESPACE_BEGIN

/// One nonzero of a mixing matrix: what a worker takes of `worker`'s parameters.
struct edge {
  int worker;
  double weight;
  friend bool operator==(edge const&, edge const&) = default;
};
/// Row m lists in ascending order whom worker m hears, itself included.
using mixing_rows = std::vector<std::vector<edge>>;

/// A sequence of mixing matrices, repeated. Every row sums to 1: workers that agree stay where they are. In doubly
/// stochastic matrices every column does so too: the average over the workers stays where it was.
struct mixing_graph {
  std::string name;
  int workers = 0;
  std::vector<mixing_rows> rounds;

  std::vector<edge> const& row(std::int64_t round, int worker) const {
    return rounds[static_cast<std::size_t>(round) % rounds.size()][static_cast<std::size_t>(worker)];
  }
  /// W_mj of a round; 0 where worker m does not hear worker j.
  double weight(std::int64_t round, int m, int j) const {
    std::vector<edge> const& heard = row(round, m);
    auto const found = std::ranges::lower_bound(heard, j, {}, &edge::worker);
    return found != heard.end() && found->worker == j ? found->weight : 0;
  }
  bool varies() const { return rounds.size() > 1; }
};

/// What makes a graph asks for.
inline void expects_workers(int workers, char const* who) {
  expects(workers >= 1, [&] {
    return std::string(who) + ": there must be at least one worker, not " + std::to_string(workers);
  });
}

/// Whether every matrix is its own transpose, up to 1e-12 a weight.
inline bool is_symmetric(mixing_graph const& g) {
  for (std::size_t r = 0; r < g.rounds.size(); ++r)
    for (int m = 0; m < g.workers; ++m)
      for (edge const& e : g.rounds[r][static_cast<std::size_t>(m)])
        if (!(std::abs(g.weight(static_cast<std::int64_t>(r), e.worker, m) - e.weight) <= 1e-12)) return false;
  return true;
}

/// Whether there is a number of periods after which every worker has heard of every other, and so in every longer time:
/// what it takes for them to agree. Two workers that only swap, or take turns with two disjoint graphs, never do.
inline bool is_connected(mixing_graph const& g) {
  auto const n = static_cast<std::size_t>(g.workers), words = (n + 63) / 64;
  using bits = std::vector<std::uint64_t>;
  auto const add = [&](bits& to, bits const& more) {
    for (std::size_t k = 0; k < words; ++k) to[k] |= more[k];
  };
  auto const has = [](bits const& set, std::size_t j) { return (set[j / 64] >> j % 64 & 1) != 0; };
  std::vector<bits> heard(n, bits(words));  // of whom each worker has
  for (std::size_t m = 0; m < n; ++m) heard[m][m / 64] |= std::uint64_t{1} << m % 64;
  for (mixing_rows const& matrix : g.rounds) {
    std::vector<bits> next(n, bits(words));
    for (std::size_t m = 0; m < n; ++m)
      for (edge const& e : matrix[m]) add(next[m], heard[static_cast<std::size_t>(e.worker)]);
    heard.swap(next);
  }
  // Twice the periods each time. If ever, all have heard of all after (n - 1)^2 + 1 (Wielandt).
  for (std::size_t periods = 1;; periods *= 2) {
    bool all = true;
    for (std::size_t m = 0; m < n; ++m)
      for (std::size_t j = 0; j < n; ++j) all = all && has(heard[m], j);
    if (all) return true;
    if (periods > (n - 1) * (n - 1)) return false;
    std::vector<bits> next(n, bits(words));
    for (std::size_t m = 0; m < n; ++m)
      for (std::size_t j = 0; j < n; ++j)
        if (has(heard[m], j)) add(next[m], heard[j]);
    if (next == heard) return false;  // and so it stays
    heard.swap(next);
  }
}

SADDLE_NAMESPACE_END
