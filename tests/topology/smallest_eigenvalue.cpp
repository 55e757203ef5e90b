#include "saddle/topology/smallest_eigenvalue.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "graphs.hpp"
#include "saddle/topology/mixing_matrix.hpp"

namespace smallest_eigenvalue_tests {

using namespace saddle;

TEST_CASE("has_eigenvalue_below: what Eigen says of every symmetric graph, on both sides of the smallest") {
  for (int n : {1, 2, 3, 4, 5, 8, 16, 25, 64})
    for (mixing_graph const& g : test::graphs(n)) {
      if (g.varies() || !is_symmetric(g)) continue;
      CAPTURE(g.name);
      CAPTURE(n);
      Eigen::MatrixXd const w = mixing_matrix(g);
      double const smallest = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(w).eigenvalues()(0);
      auto const times = [&](std::vector<double> const& x) {
        Eigen::VectorXd const y = w * Eigen::Map<Eigen::VectorXd const>(x.data(), n);
        return std::vector<double>(y.begin(), y.end());
      };
      CHECK(has_eigenvalue_below(smallest + 1e-6, static_cast<std::size_t>(n), times));
      CHECK_FALSE(has_eigenvalue_below(smallest - 1e-6, static_cast<std::size_t>(n), times));
    }
}

TEST_CASE("has_eigenvalue_below: of a large ring, whose smallest lie close together") {
  std::size_t const n = 5000;
  auto const times = [](std::vector<double> const& x) {
    std::vector<double> y(n);
    for (std::size_t m = 0; m < n; ++m) y[m] = (x[(m + n - 1) % n] + x[m] + x[(m + 1) % n]) / 3;
    return y;
  };
  CHECK(has_eigenvalue_below(-1. / 3 + 1e-3, n, times));
  CHECK_FALSE(has_eigenvalue_below(-1. / 3 - 1e-9, n, times));
}

}  // namespace smallest_eigenvalue_tests
