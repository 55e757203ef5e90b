#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <Eigen/Core>
#include <Eigen/SVD>

#include "saddle/config.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// W of a round: row m is what worker m takes of each.
inline Eigen::MatrixXd mixing_matrix(mixing_graph const& g, std::int64_t round = 0) {
  Eigen::MatrixXd w = Eigen::MatrixXd::Zero(g.workers, g.workers);
  for (int m = 0; m < g.workers; ++m)
    for (edge const& e : g.row(round, m)) w(m, e.worker) += e.weight;
  return w;
}

/// What a whole period does: the product of its matrices, the last round on the left.
inline Eigen::MatrixXd period_matrix(mixing_graph const& g) {
  Eigen::MatrixXd product = mixing_matrix(g);
  for (std::size_t r = 1; r < g.rounds.size(); ++r)
    product = mixing_matrix(g, static_cast<std::int64_t>(r)) * product;
  return product;
}

/// rho: after a period the workers are at most rho times as far from their mean as before it (2-norm over all of them).
/// Of doubly stochastic matrices, the largest singular value of the product but for that of the mean.
template <std::same_as<mixing_graph> G>  // so that only who calls it compiles the decomposition
double second_singular_value(G const& g) {
  auto spread = period_matrix(g);
  spread.rowwise() -= spread.colwise().mean().eval();
  return Eigen::JacobiSVD<decltype(spread)>(spread).singularValues()(0);  // exact where BDCSVD stumbles over zeros
}

/// 1 - rho, over a period: it belongs to the sequence, since one round of it may bring the workers no closer.
template <std::same_as<mixing_graph> G>
double spectral_gap(G const& g) {
  return 1 - second_singular_value(g);
}

SADDLE_NAMESPACE_END
