#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "saddle/topology/circulant.hpp"
#include "saddle/topology/metropolis.hpp"
#include "saddle/topology/random_rings.hpp"

namespace test {

using namespace saddle;

inline std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Each graph that exists with n workers.
inline std::vector<mixing_graph> graphs(int n) {
  std::vector<mixing_graph> all{ring(n),        directed_ring(n),        complete(n),
                                exponential(n), one_peer_exponential(n), path(n),
                                star(n),        erdos_renyi(n, 0.6, 3),   random_rings(n, 2, 5)};
  for (int rows = 1; rows <= n; ++rows)
    if (n % rows == 0) all.push_back(torus(rows, n / rows));
  if (std::has_single_bit(static_cast<unsigned>(n))) all.push_back(hypercube(n));
  return all;
}

/// One round by message passing: what worker m takes of each that it hears.
inline std::vector<double> mixed(mixing_graph const& g, std::int64_t round, std::vector<double> const& x) {
  std::vector<double> next(x.size());
  for (int m = 0; m < g.workers; ++m)
    for (edge const& e : g.row(round, m)) next[at(m)] += e.weight * x[at(e.worker)];
  return next;
}

}  // namespace test
