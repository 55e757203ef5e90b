#include "saddle/topology/metropolis.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace metropolis_tests {

using namespace saddle;

namespace {

/// Every weight by its definition, from who are neighbours.
void follows(mixing_graph const& g, std::function<bool(int, int)> const& neighbours) {
  CAPTURE(g.name);
  int const n = g.workers;
  CAPTURE(n);
  CHECK_FALSE(g.varies());
  auto const degree = [&](int m) {
    int count = 0;
    for (int j = 0; j < n; ++j) count += j != m && neighbours(m, j);
    return count;
  };
  for (int m = 0; m < n; ++m) {
    double rest = 1;
    for (int j = 0; j < n; ++j) {
      if (j == m) continue;
      double const weight = neighbours(m, j) ? 1.0 / (1 + std::max(degree(m), degree(j))) : 0;
      CHECK(g.weight(0, m, j) == weight);
      rest -= weight;
    }
    CHECK(g.weight(0, m, m) == doctest::Approx(rest).epsilon(1e-14));
  }
}
std::string refusal(std::function<mixing_graph()> const& make) {
  try {
    make();
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}
bool says(std::string const& what, std::string const& words) { return what.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("Metropolis weights of every graph, by who are neighbours") {
  for (int n : {1, 2, 3, 4, 5, 8, 9, 16}) {
    follows(path(n), [](int i, int j) { return std::abs(i - j) == 1; });
    follows(star(n), [](int i, int j) { return i == 0 || j == 0; });
    if (n == 1 || n == 2 || n == 4 || n == 8 || n == 16)
      follows(hypercube(n), [](int i, int j) {
        for (int bit : {1, 2, 4, 8})
          if (j == i + bit) return i % (2 * bit) < bit;  // the bit is 0 in i, and nothing is carried
          else if (i == j + bit) return j % (2 * bit) < bit;
        return false;
      });
  }
  for (int rows = 1; rows <= 5; ++rows)
    for (int columns = 1; columns <= 5; ++columns)
      follows(torus(rows, columns), [=](int i, int j) {
        auto const is = [&](int down, int right) {
          return (i / columns + down + rows) % rows * columns + (i % columns + right + columns) % columns == j;
        };
        return is(1, 0) || is(-1, 0) || is(0, 1) || is(0, -1);
      });
}

TEST_CASE("equal degrees give equal weights, to the bit") {
  CHECK(torus(3, 4).row(0, 0) == std::vector<edge>{{0, 0.2}, {1, 0.2}, {3, 0.2}, {4, 0.2}, {8, 0.2}});
  CHECK(torus(9).row(0, 4) == std::vector<edge>{{1, 0.2}, {3, 0.2}, {4, 0.2}, {5, 0.2}, {7, 0.2}});
  CHECK(torus(2, 2).row(0, 3) == std::vector<edge>{{1, 1.0 / 3}, {2, 1.0 / 3}, {3, 1.0 / 3}});
  CHECK(hypercube(8).row(0, 5) == std::vector<edge>{{1, 0.25}, {4, 0.25}, {5, 0.25}, {7, 0.25}});
  for (int n : {3, 5, 8})  // one row closes to a ring
    for (int m = 0; m < n; ++m) {
      std::vector<edge> const row = torus(1, n).row(0, m);
      REQUIRE(row.size() == 3);
      for (edge const& e : row) CHECK(e.weight == 1.0 / 3);
    }
  CHECK(path(2).row(0, 0) == std::vector<edge>{{0, 0.5}, {1, 0.5}});
  CHECK(star(5).row(0, 0) == std::vector<edge>{{0, 0.2}, {1, 0.2}, {2, 0.2}, {3, 0.2}, {4, 0.2}});
  for (mixing_graph const& g : {path(1), star(1), torus(1), hypercube(1), erdos_renyi(1, 0, 1)})
    CHECK(g.row(0, 0) == std::vector<edge>{{0, 1}});
}

TEST_CASE("erdos_renyi: connected, its edges a function of n, p and the seed, as many as p says") {
  for (std::uint64_t seed : {1u, 2u, 3u}) {
    mixing_graph const g = erdos_renyi(12, 0.3, seed);
    follows(g, [&](int i, int j) { return g.weight(0, i, j) > 0; });
    CHECK(is_connected(g));
    CHECK(g.rounds == erdos_renyi(12, 0.3, seed).rounds);
    CHECK(g.rounds != erdos_renyi(12, 0.3, seed + 1).rounds);
    CHECK(g.name == "erdos-renyi-0.3-" + std::to_string(seed));
  }
  CHECK(erdos_renyi(7, 1, 1).rounds[0] == metropolis(7, [](int, int) { return true; }));
  // 19900 pairs: 4 standard deviations are 0.013.
  mixing_graph const many = erdos_renyi(200, 0.3, 5);
  std::size_t edges = 0;
  for (auto const& row : many.rounds[0]) edges += row.size() - 1;
  CHECK(static_cast<double>(edges) / (200 * 199) == doctest::Approx(0.3).epsilon(0.04));
  // At p = 0.3 about half of the graphs of 8 are not connected: others are drawn in their place.
  int first = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    random_sequence random({.seed = seed, .use = purpose::graph});
    first += erdos_renyi(8, 0.3, seed).rounds[0] == metropolis(8, [&](int, int) { return random.uniform() < 0.3; });
  }
  CHECK(first > 20);
  CHECK(first < 80);
}

TEST_CASE("Metropolis graphs that do not exist are refused with a sentence") {
  CHECK(says(refusal([] { return hypercube(6); }), "hypercube: it has a power of two of workers, and 6 is none"));
  CHECK(says(refusal([] { return hypercube(0); }), "0 is none"));
  CHECK(says(refusal([] { return hypercube(-4); }), "-4 is none"));
  CHECK(says(refusal([] { return torus(6); }), "torus: 6 workers make no square: give it rows and columns"));
  CHECK(says(refusal([] { return torus(-4); }), "-4 workers make no square"));
  CHECK(says(refusal([] { return torus(0); }), "torus: it has at least one row and one column"));
  CHECK(says(refusal([] { return torus(0, 3); }), "torus: it has at least one row and one column"));
  CHECK(says(refusal([] { return torus(3, -1); }), "torus: it has at least one row and one column"));
  CHECK(says(refusal([] { return path(0); }), "path: there must be at least one worker, not 0"));
  CHECK(says(refusal([] { return star(-1); }), "star: there must be at least one worker, not -1"));
  CHECK(says(refusal([] { return erdos_renyi(0, 0.5, 1); }), "erdos_renyi: there must be at least one worker, not 0"));
  CHECK(says(refusal([] { return erdos_renyi(3, 1.5, 1); }), "erdos_renyi: p must be a probability, in [0, 1]"));
  CHECK(says(refusal([] { return erdos_renyi(3, -0.5, 1); }), "erdos_renyi: p must be a probability, in [0, 1]"));
  CHECK(says(refusal([] { return erdos_renyi(3, std::nan(""), 1); }), "erdos_renyi: p must be a probability, in [0, 1]"));
  CHECK(says(refusal([] { return erdos_renyi(40, 0.02, 1); }), "1000 graphs of 40 workers with p = 0.02 were"));
  CHECK(says(refusal([] { return erdos_renyi(2, 0, 1); }), "p should be above ln(n) / n"));
}

}  // namespace metropolis_tests
