#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../heterogeneous.hpp"
#include "saddle/run/composition.hpp"

// With what tests write a published iteration as a plain loop over the workers of the heterogeneous game.
namespace loops {

using test::vector;
using vectors = std::vector<vector>;  // one a worker
inline constexpr std::size_t d = test::heterogeneous_game::d;

template <saddle::composition S>
saddle::trainer<double> trained(test::heterogeneous_game const& game, S const& how, int threads = 1) {
  return {game, how, saddle::loopback{game.workers()}, saddle::cpu{threads}};
}

/// F_m(w) on a sample of a run of seed 1.
inline vector field(test::heterogeneous_game const& game, int m, vector const& w, std::int64_t step = 1, int draw = 0) {
  vector g(d);
  std::size_t const n = test::heterogeneous_game::n;
  game.gradient({std::span(w).first(n), std::span(w).last(n)}, {.seed = 1, .worker = m, .step = step, .draw = draw},
                {std::span(g).first(n), std::span(g).last(n)});
  return g;
}
/// Each worker's at its own point.
inline vectors fields(test::heterogeneous_game const& game, vectors const& w, std::int64_t step = 1, int draw = 0) {
  vectors g;
  for (int m = 0; m < game.workers(); ++m) g.push_back(field(game, m, w[static_cast<std::size_t>(m)], step, draw));
  return g;
}
inline vectors zeros(test::heterogeneous_game const& game) {
  return vectors(static_cast<std::size_t>(game.workers()), vector(d));
}

/// a x + b y.
inline vector sum(double a, vector const& x, double b, vector const& y) {
  vector z(x.size());
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = a * x[i] + b * y[i];
  return z;
}
inline vectors sum(double a, vectors const& x, double b, vectors const& y) {
  vectors z;
  for (std::size_t m = 0; m < x.size(); ++m) z.push_back(sum(a, x[m], b, y[m]));
  return z;
}
inline vector mean(vectors const& x) {
  vector z(x[0].size());
  for (vector const& one : x) z = sum(1, z, 1.0 / static_cast<double>(x.size()), one);
  return z;
}
/// All at their mean.
inline vectors averaged(vectors const& x) { return vectors(x.size(), mean(x)); }
/// Sum of W_mj x_j.
inline vectors mixed(saddle::mixing_graph const& graph, vectors const& x, std::int64_t round = 0) {
  vectors z;
  for (int m = 0; m < graph.workers; ++m) {
    vector one(x[0].size());
    for (auto const& e : graph.row(round, m)) one = sum(1, one, e.weight, x[static_cast<std::size_t>(e.worker)]);
    z.push_back(one);
  }
  return z;
}

/// Rounds that build on each other: v_{k+1} = (1 + beta_k) W v_k - beta_k v_{k-1}, v_{-1} = v_0.
template <class Beta>
vectors mixed_fast(saddle::mixing_graph const& graph, int rounds, Beta const& beta, vectors now) {
  vectors before = now;
  for (int k = 0; k < rounds; ++k) {
    vectors const next = sum(1 + beta(k), mixed(graph, now), -beta(k), before);
    before = now;
    now = next;
  }
  return now;
}

/// The largest distance of a worker's array to what it should be.
inline double gap(saddle::trainer<double> const& t, vectors const& x, std::string const& array = "w") {
  double most = 0;
  for (int m = 0; m < t.workers(); ++m) {
    double const one = test::distance(test::joined(t.array(array, m)), x[static_cast<std::size_t>(m)]);
    most = one > most || !(one == one) ? one : most;
  }
  return most;
}

}  // namespace loops
