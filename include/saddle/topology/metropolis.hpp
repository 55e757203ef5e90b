#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

// Undirected graphs under Metropolis weights: symmetric, doubly stochastic.

/// A neighbour counts 1 / (1 + the larger of both degrees), a worker itself the rest: equal weights where all have
/// equally many neighbours. joined(i, j) says whether two workers are neighbours, asked once for each i < j in order.
/// source  Xiao, Boyd, Lall: A scheme for robust distributed sensor fusion based on average consensus. IPSN 2005
template <class Joined>
mixing_rows metropolis(int n, Joined joined, char const* who = "metropolis") {
  expects_workers(n, who);
  std::vector<std::vector<int>> neighbours(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i)
    for (int j = i + 1; j < n; ++j)
      if (joined(i, j)) {
        neighbours[static_cast<std::size_t>(i)].push_back(j);
        neighbours[static_cast<std::size_t>(j)].push_back(i);
      }
  mixing_rows rows(static_cast<std::size_t>(n));
  for (int m = 0; m < n; ++m) {
    auto& row = rows[static_cast<std::size_t>(m)];
    auto const share = [&](int j) {
      return 1.0 / static_cast<double>(1 + neighbours[static_cast<std::size_t>(j)].size());
    };
    double own = share(m);  // and what neighbours with more neighbours leave
    for (int j : neighbours[static_cast<std::size_t>(m)]) {
      row.push_back({j, std::min(share(m), share(j))});
      own += share(m) - row.back().weight;
    }
    row.insert(std::ranges::lower_bound(row, m, {}, &edge::worker), {m, own});
  }
  return rows;
}

/// A ring that is cut between the last worker and the first.
inline mixing_graph path(int workers) {
  return {"path", workers, {metropolis(workers, [](int i, int j) { return j == i + 1; }, "path")}};
}

/// Worker 0 hears everyone, and everyone else only worker 0.
inline mixing_graph star(int workers) {
  return {"star", workers, {metropolis(workers, [](int i, int) { return i == 0; }, "star")}};
}

/// Worker r * columns + c hears its neighbours in its row and in its column, both of which close to rings.
inline mixing_graph torus(int rows, int columns) {
  expects(rows >= 1 && columns >= 1, "torus: it has at least one row and one column");
  auto const beside = [](int a, int b, int n) { return (a + 1) % n == b || (b + 1) % n == a; };
  auto const joined = [=](int i, int j) {
    int const r = i / columns, c = i % columns, s = j / columns, d = j % columns;
    return r == s ? beside(c, d, columns) : c == d && beside(r, s, rows);
  };
  return {"torus-" + std::to_string(rows) + "x" + std::to_string(columns), rows * columns,
          {metropolis(rows * columns, joined, "torus")}};
}
/// A square one.
inline mixing_graph torus(int workers) {
  auto const side = static_cast<int>(std::lround(std::sqrt(std::max(workers, 0))));
  expects(side * side == workers,
          [&] { return "torus: " + std::to_string(workers) + " workers make no square: give it rows and columns"; });
  return torus(side, side);
}

/// Worker m hears those whose number differs from its own in one bit.
inline mixing_graph hypercube(int workers) {
  expects(workers >= 1 && std::has_single_bit(static_cast<unsigned>(workers)), [&] {
    return "hypercube: it has a power of two of workers, and " + std::to_string(workers) + " is none";
  });
  return {"hypercube", workers, {metropolis(workers, [](int i, int j) {
            return std::has_single_bit(static_cast<unsigned>(i ^ j));
          }, "hypercube")}};
}

/// Every two workers are neighbours with probability p, drawn until the graph is connected.
///
/// errors  std::invalid_argument where 1000 graphs in a row are not: p should be above ln(n) / n
inline mixing_graph erdos_renyi(int workers, double p, std::uint64_t seed) {
  expects(p >= 0 && p <= 1, "erdos_renyi: p must be a probability, in [0, 1]");
  mixing_graph g{"erdos-renyi-" + number_text(p) + "-" + number_text(seed), workers, {}};
  random_sequence random({.seed = seed, .use = purpose::graph});
  int draws = 0;
  do {
    expects(++draws <= 1000, [&] {
      return "erdos_renyi: 1000 graphs of " + std::to_string(workers) + " workers with p = " + number_text(p) +
             " were not connected; p should be above ln(n) / n";
    });
    g.rounds = {metropolis(workers, [&](int, int) { return random.uniform() < p; }, "erdos_renyi")};
  } while (!is_connected(g));
  return g;
}

SADDLE_NAMESPACE_END
