#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/topology/circulant.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// Rings through the workers in an order drawn anew for every round; after `rounds` of them they repeat. News reaches
/// everyone in a number of rounds that grows like log n and not like n, with the messages of a ring.
inline mixing_graph random_rings(int workers, std::uint64_t seed, int rounds = 64) {
  expects_workers(workers, "random_rings");
  expects(rounds >= 1, "random_rings: there must be at least one round");
  mixing_rows const ordered = ring(workers).rounds[0];
  mixing_graph g{"random-rings-" + std::to_string(seed), workers, {}};
  random_sequence random({.seed = seed, .use = purpose::graph});
  std::vector<int> order(static_cast<std::size_t>(workers));
  for (std::size_t m = 0; m < order.size(); ++m) order[m] = static_cast<int>(m);
  for (int r = 0; r < rounds; ++r) {
    for (std::size_t left = order.size(); left > 1; --left)
      std::swap(order[left - 1], order[random.below(static_cast<std::uint32_t>(left))]);
    mixing_rows rows(order.size());
    for (std::size_t place = 0; place < order.size(); ++place) {
      std::vector<edge>& row = rows[static_cast<std::size_t>(order[place])];
      for (edge const& e : ordered[place]) row.push_back({order[static_cast<std::size_t>(e.worker)], e.weight});
      std::ranges::sort(row, {}, &edge::worker);
    }
    g.rounds.push_back(std::move(rows));
  }
  return g;
}

SADDLE_NAMESPACE_END
