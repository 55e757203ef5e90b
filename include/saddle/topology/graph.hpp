#pragma once
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

/// A sequence of doubly stochastic mixing matrices, repeated. Row m of a matrix lists in ascending order whom worker m
/// hears, itself included: average over the workers is left where it was.
struct mixing_graph {
  std::string name;
  int workers = 0;
  std::vector<std::vector<std::vector<edge>>> rounds;  // [round][worker]

  std::vector<edge> const& row(std::int64_t round, int worker) const {
    return rounds[static_cast<std::size_t>(round) % rounds.size()][static_cast<std::size_t>(worker)];
  }
  bool varies() const { return rounds.size() > 1; }
};

/// A graph in which every worker hears itself and itself plus each of `offsets` (modulo n) with equal weights.
inline std::vector<std::vector<edge>> circulant(int n, std::vector<int> const& offsets) {
  std::vector<std::vector<edge>> rows(static_cast<std::size_t>(n));
  for (int m = 0; m < n; ++m) {
    std::vector<bool> hears(static_cast<std::size_t>(n), false);
    hears[static_cast<std::size_t>(m)] = true;
    int degree = 1;
    for (int offset : offsets) {
      auto const j = static_cast<std::size_t>(((m + offset) % n + n) % n);
      if (!hears[j]) ++degree;
      hears[j] = true;
    }
    for (int j = 0; j < n; ++j)
      if (hears[static_cast<std::size_t>(j)]) rows[static_cast<std::size_t>(m)].push_back({j, 1.0 / degree});
  }
  return rows;
}

/// Both neighbours and itself, a third each; two workers take halves.
inline mixing_graph ring(int workers) {
  expects(workers >= 1, "a graph needs at least one worker");
  return {"ring", workers, {circulant(workers, {-1, 1})}};
}

/// Everyone hears everyone: one round averages exactly (up to rounding).
inline mixing_graph complete(int workers) {
  expects(workers >= 1, "a graph needs at least one worker");
  std::vector<edge> row;
  for (int j = 0; j < workers; ++j) row.push_back({j, 1.0 / workers});
  return {"complete", workers, {std::vector<std::vector<edge>>(static_cast<std::size_t>(workers), row)}};
}

/// Round j: half of itself, half of the worker 2^j further on, j = 0 ... ceil(log2 n) - 1. For n a power of two one
/// period averages exactly, at one message a worker and round.
/// source  Ying, Yuan, Chen, Hu, Pan, Yin: Exponential Graph is Provably Efficient. NeurIPS 2021
inline mixing_graph one_peer_exponential(int workers) {
  expects(workers >= 1, "a graph needs at least one worker");
  mixing_graph g{"one-peer-exponential", workers, {}};
  for (int offset = 1; offset < workers; offset *= 2) g.rounds.push_back(circulant(workers, {offset}));
  if (g.rounds.empty()) g.rounds.push_back(circulant(workers, {}));
  return g;
}

SADDLE_NAMESPACE_END
