#pragma once
#include <cstdint>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/exchange/mixing.hpp"
#include "saddle/exchange/rule.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// x to the nearest multiple of the last bit of `range`, the larger in magnitude where x is. Odd: that of -x is its
/// negative.
template <class T>
SADDLE_HD T on_grid(T x, T range) {
  x = SADDLE_AS_WRITTEN(x);  // not part of a fused sum
  T const size = SADDLE_AS_WRITTEN((x < 0 ? -x : x) + range) - range;
  return x < 0 ? -size : size;
}

/// The sum over a worker's edges, where what an edge gives to one end it takes from the other, to the bit: one
/// neighbour's difference at a time, on a grid on which sums are exact. Over all workers it is 0 in floating point.
template <class T>
struct sum_over_edges {
  using values = uses<in<name::acc>, out<name::came>>;
  static constexpr bool sees_each_neighbour = true;
  T step, range;
  SADDLE_HD void operator()(T acc, T& came) const { came = acc; }
  /// What the edge to a neighbour adds to acc.
  SADDLE_HD T across(T weight, T own, T other) const { return on_grid(step * (weight * (own - other)), range); }
};
template <class T>
struct sum_over_edges_of_players {
  using values = typename sum_over_edges<T>::values;
  static constexpr bool sees_each_neighbour = true;
  T step[2], range;
  SADDLE_HD sum_over_edges<T> on(bucket_facts<T> const& facts) const {
    return {facts.player == 0 ? step[0] : step[1], range};
  }
};

/// Differences of public copies along the edges of a graph: q = C(v - copy), copy += q, and
/// came = sum of step W_mj (copy_m - copy_j). The matrix is symmetric.
///
/// Arrives   makes a sum_over_edges_of_players, with the steps
/// by_edges  all workers take part in all edges, also where somebody's v was not finite: its copy is as it was
template <class Arrives>
struct edge_differences : in_a_graph {
  static constexpr bool mixes_copies = true, repeats = false, by_edges = true;
  struct gives_difference {
    using values = uses<in<name::v>, in<name::copy>, out<name::p>>;
    template <class T>
    SADDLE_HD void operator()(T v, T copy, T& p) const {
      p = v - copy;
    }
  };
  struct gives_nothing {
    using values = uses<out<name::p>>;
    template <class T>
    SADDLE_HD void operator()(T& p) const {
      p = T(0);
    }
  };
  using gives = make_fixed<gives_difference>;
  using otherwise = gives_nothing;
  using keeps = choco::keeps;
  using arrives = Arrives;
  /// Both ends have the same bits of a weight, whatever rounding has made of the matrix.
  template <class Tp>
  static std::vector<edge> hears(Tp const& topology, std::int64_t step, int round, int worker, int workers) {
    std::vector<edge> all = sources_of(topology, step, round, worker, workers);
    for (edge& e : all)
      e.weight = (e.weight + unwrapped_topology(topology).graph.weight(0, e.worker, worker)) / 2;
    return all;
  }
};

SADDLE_NAMESPACE_END
