#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

// Graphs that look the same from every worker. What goes in by one offset goes out by it: they are doubly stochastic,
// the directed ones too.

/// Every worker hears itself and itself plus each of `offsets` (modulo n) with equal weights.
/// errors  std::invalid_argument, in the name of `who`
inline mixing_rows circulant(int n, std::vector<int> const& offsets, char const* who = "circulant") {
  expects_workers(n, who);
  mixing_rows rows(static_cast<std::size_t>(n));
  for (int m = 0; m < n; ++m) {
    std::vector<int> hears{m};
    for (int offset : offsets) hears.push_back(static_cast<int>((std::int64_t{m} + offset % n + n) % n));
    std::ranges::sort(hears);
    hears.erase(std::unique(hears.begin(), hears.end()), hears.end());
    for (int j : hears) rows[static_cast<std::size_t>(m)].push_back({j, 1.0 / static_cast<double>(hears.size())});
  }
  return rows;
}

/// Both neighbours and itself, a third each; two workers take halves.
inline mixing_graph ring(int workers) { return {"ring", workers, {circulant(workers, {-1, 1}, "ring")}}; }

/// Half of itself, half of the worker before it.
inline mixing_graph directed_ring(int workers) {
  return {"directed-ring", workers, {circulant(workers, {-1}, "directed_ring")}};
}

/// Everyone hears everyone: one round averages exactly (up to rounding).
inline mixing_graph complete(int workers) {
  expects_workers(workers, "complete");
  std::vector<edge> row;
  for (int j = 0; j < workers; ++j) row.push_back({j, 1.0 / workers});
  return {"complete", workers, {mixing_rows(static_cast<std::size_t>(workers), row)}};
}

/// Itself and the workers 1, 2, 4, ... further on, below n, with equal weights.
/// source  Ying, Yuan, Chen, Hu, Pan, Yin: Exponential Graph is Provably Efficient. NeurIPS 2021
inline mixing_graph exponential(int workers) {
  std::vector<int> offsets;
  for (int offset = 1; offset < workers; offset *= 2) offsets.push_back(offset);
  return {"exponential", workers, {circulant(workers, offsets, "exponential")}};
}

/// Round j: half of itself, half of the worker 2^j further on, j = 0 ... ceil(log2 n) - 1. For n a power of two one
/// period averages exactly, at one message a worker and round.
/// source  the same
inline mixing_graph one_peer_exponential(int workers) {
  mixing_graph g{"one-peer-exponential", workers, {}};
  char const* const who = "one_peer_exponential";
  for (int offset = 1; offset < workers; offset *= 2) g.rounds.push_back(circulant(workers, {offset}, who));
  if (g.rounds.empty()) g.rounds.push_back(circulant(workers, {}, who));
  return g;
}

SADDLE_NAMESPACE_END
