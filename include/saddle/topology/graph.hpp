#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
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

/// What the matrices of a graph keep, and where workers go that do nothing but mix.
///
/// doubly  rows and columns sum to 1: the mean over the workers stays, and all go there
/// rows    only rows do: workers that agree stay, but the mean moves. All go to the sum of pi_j w_j, where pi >= 0 sums
///         to 1 and pi W = pi for the product W over a period: in training worker j's loss counts pi_j, not 1 / n.
///
/// columns only columns do: the mean stays, but workers that agree are driven apart, each by the sum of its row. For
///         push_sum, which divides by that again; others refuse it
///
/// In books that stack the workers as columns and mix by X W, a column-stochastic or left-stochastic W is the transpose
/// of our `rows`.
enum class stochastic { doubly, rows, columns };

/// A sequence of mixing matrices, repeated. Every row sums to 1: workers that agree stay where they are. In doubly
/// stochastic matrices every column does so too: the average over the workers stays where it was. A topology checks a
/// graph when a trainer is made of it: see check_graph.
struct mixing_graph {
  std::string name;
  int workers = 0;
  std::vector<mixing_rows> rounds;
  stochastic sums = stochastic::doubly;

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

/// (I + W) / 2 of every round: no eigenvalue of a symmetric matrix is negative any more.
inline mixing_graph lazy(mixing_graph g) {
  g.name = "lazy-" + g.name;
  for (mixing_rows& rows : g.rounds)
    for (std::size_t m = 0; m < rows.size(); ++m) {
      for (edge& e : rows[m]) e.weight /= 2;
      auto const own = std::ranges::lower_bound(rows[m], static_cast<int>(m), {}, &edge::worker);
      if (own != rows[m].end() && own->worker == static_cast<int>(m)) own->weight += 0.5;
      else rows[m].insert(own, {static_cast<int>(m), 0.5});
    }
  return g;
}

/// The same graph where every worker sends equal shares of itself to all that hear it: columns sum to 1, and nobody has
/// to know more than to how many it sends.
inline mixing_graph equal_shares(mixing_graph g) {
  g.name = "equal-shares-" + g.name;
  g.sums = stochastic::columns;
  for (mixing_rows& rows : g.rounds) {
    std::vector<double> hearers(rows.size());
    for (auto const& row : rows)
      for (edge const& e : row) ++hearers[static_cast<std::size_t>(e.worker)];
    for (auto& row : rows)
      for (edge& e : row) e.weight = 1 / hearers[static_cast<std::size_t>(e.worker)];
  }
  return g;
}

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
///
/// cost  of a walk or two over all edges of a period
inline bool is_connected(mixing_graph const& g) {
  // A node is a worker before a round. Every worker has heard of every other after some number of periods, and after
  // all larger ones, if and only if all workers before round 0 can be reached from one of them and back, and the
  // lengths of the ways from there and back have no common divisor but the period's.
  auto const n = static_cast<std::size_t>(g.workers), rounds = g.rounds.size(), nodes = n * rounds;
  if (nodes == 0) return true;
  constexpr std::int64_t unseen = -1;
  auto const next_round = [&](std::size_t r) { return r + 1 == rounds ? 0 : r + 1; };

  // Who hears a node, all lists in one.
  std::vector<std::size_t> begins(nodes + 1), places, hearers;
  auto const each_edge = [&](auto const& f) {
    for (std::size_t r = 0; r < rounds; ++r)
      for (std::size_t m = 0; m < n; ++m)
        for (edge const& e : g.rounds[r][m]) f(r * n + static_cast<std::size_t>(e.worker), next_round(r) * n + m);
  };
  each_edge([&](std::size_t heard, std::size_t) { ++begins[heard + 1]; });
  for (std::size_t v = 0; v < nodes; ++v) begins[v + 1] += begins[v];
  places.assign(begins.begin(), begins.end() - 1);
  hearers.resize(begins[nodes]);
  each_edge([&](std::size_t heard, std::size_t hears) { hearers[places[heard]++] = hears; });

  /// The steps from worker 0 before round 0 to each node, where one can go from v to each f(v, visit) visits.
  auto const walk = [&](auto const& neighbours) {
    std::vector<std::int64_t> steps(nodes, unseen);
    std::vector<std::size_t> seen{0};
    steps[0] = 0;
    for (std::size_t i = 0; i < seen.size(); ++i)
      neighbours(seen[i], [&](std::size_t to) {
        if (steps[to] != unseen) return;
        steps[to] = steps[seen[i]] + 1;
        seen.push_back(to);
      });
    return steps;
  };
  std::vector<std::int64_t> const there = walk([&](std::size_t v, auto const& visit) {
    for (std::size_t i = begins[v]; i < begins[v + 1]; ++i) visit(hearers[i]);
  });
  std::vector<std::int64_t> const back = walk([&](std::size_t v, auto const& visit) {
    std::size_t const r = (v / n + rounds - 1) % rounds;
    for (edge const& e : g.rounds[r][v % n]) visit(r * n + static_cast<std::size_t>(e.worker));
  });
  for (std::size_t m = 0; m < n; ++m)
    if (there[m] == unseen || back[m] == unseen) return false;
  std::int64_t divisor = 0;
  each_edge([&](std::size_t heard, std::size_t hears) {
    if (there[heard] != unseen && back[hears] != unseen)
      divisor = std::gcd(divisor, there[heard] + 1 - there[hears]);
  });
  return divisor == static_cast<std::int64_t>(rounds);
}

/// What every topology asks of a graph, whoever has made it. Sums may be off by 1e-11.
///
/// cost    of a walk or two over all edges of a period
/// errors  std::invalid_argument, in the name of `who`, with round and row (from 0): rows that are not one a worker,
///         not in ascending order or out of range, weights that are not positive and finite, sums that are not 1,
///         workers that would never agree
inline void check_graph(mixing_graph const& g, char const* who) {
  auto const says = [&](std::string const& what) { return std::string(who) + ": " + what; };
  expects_workers(g.workers, who);
  expects(!g.rounds.empty(), [&] { return says("the graph has no rounds"); });
  auto const n = static_cast<std::size_t>(g.workers);
  auto const is_one = [](double sum) { return std::abs(sum - 1) <= 1e-11; };
  std::vector<double> columns;
  for (std::size_t r = 0; r < g.rounds.size(); ++r) {
    auto const in = [&](std::size_t m, char const* what) {
      return says("round " + std::to_string(r) + ", row " + std::to_string(m) + " of the graph " + what);
    };
    expects(g.rounds[r].size() == n, [&] {
      return says("round " + std::to_string(r) + " of the graph has " + std::to_string(g.rounds[r].size()) +
                  " rows, not one for each of " + std::to_string(n) + " workers");
    });
    columns.assign(n, 0);
    for (std::size_t m = 0; m < n; ++m) {
      double sum = 0;
      int before = -1;
      for (edge const& e : g.rounds[r][m]) {
        expects(e.worker >= 0 && e.worker < g.workers, [&] { return in(m, "hears a worker that does not exist"); });
        expects(e.worker > before, [&] { return in(m, "does not list its workers once each, in ascending order"); });
        expects(e.weight > 0 && is_finite(e.weight), [&] {
          return in(m, "has a weight that is not positive and finite: leave out who is not heard");
        });
        before = e.worker;
        sum += e.weight;
        columns[static_cast<std::size_t>(e.worker)] += e.weight;
      }
      expects(g.sums == stochastic::columns || is_one(sum),
              [&] { return in(m, "does not sum to 1: workers that agree would not stay where they are"); });
    }
    for (std::size_t j = 0; j < n; ++j)
      expects(g.sums == stochastic::rows || is_one(columns[j]), [&] {
        return says("round " + std::to_string(r) + ", column " + std::to_string(j) +
                    " of the graph does not sum to 1: the mean would move, which .sums = stochastic::rows allows");
      });
  }
  expects(is_connected(g), [&] {
    return says("the graph is not connected: some worker would never hear of another, or never all of all at once");
  });
}

SADDLE_NAMESPACE_END
