#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whether a symmetric matrix of n rows has an eigenvalue below `bound`: Lanczos' tridiagonal matrix of a random vector,
/// and the signs of its pivots (Sylvester's law of inertia). A clear violation is seen; one within about
/// (spread of the eigenvalues) / most_steps^2 of the bound may not be.
///
/// times  called as times(x), returns the matrix times the vector x
template <class Times>
bool has_eigenvalue_below(double bound, std::size_t n, Times const& times) {
  constexpr std::size_t most_steps = 200;
  constexpr double negligible = 1e-12;
  auto const dot = [&](std::vector<double> const& a, std::vector<double> const& b) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
  };
  std::vector<double> before(n, 0), x(n);
  random_sequence random({.use = purpose::graph});
  for (double& one : x) one = random.normal();
  double length = std::sqrt(dot(x, x)), pivot = 1;
  for (double& one : x) one /= length;
  length = 0;
  for (std::size_t step = 0; step < std::min(n, most_steps); ++step) {
    std::vector<double> next = times(x);
    double const diagonal = dot(x, next);
    pivot = diagonal - bound - length * length / pivot;
    if (pivot < 0) return true;
    for (std::size_t i = 0; i < n; ++i) next[i] -= diagonal * x[i] + length * before[i];
    length = std::sqrt(dot(next, next));
    if (length < negligible) return false;  // the vector spans no more
    for (double& one : next) one /= length;
    before = std::exchange(x, std::move(next));
  }
  return false;
}

SADDLE_NAMESPACE_END
