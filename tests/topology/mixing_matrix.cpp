#include "saddle/topology/mixing_matrix.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include <Eigen/Eigenvalues>

#include "graphs.hpp"
#include "saddle/topology/from_matrix.hpp"

namespace mixing_matrix_tests {

using namespace saddle;
using test::at;

namespace {

using std::numbers::pi;

/// |x' - mean(x')| / |x - mean(x)| after a period, for the x that shrinks least: by message passing, there and back.
double rho_by_powers(mixing_graph const& g) {
  auto const without_mean = [](std::vector<double> x) {
    double mean = 0;
    for (double v : x) mean += v / static_cast<double>(x.size());
    for (double& v : x) v -= mean;
    return x;
  };
  auto const norm = [](std::vector<double> const& x) {
    double sum = 0;
    for (double v : x) sum += v * v;
    return std::sqrt(sum);
  };
  std::vector<double> x(at(g.workers));
  for (int m = 0; m < g.workers; ++m) x[at(m)] = std::sin(m * m + 1.0);
  x = without_mean(x);
  double rho = 0;
  for (int t = 0; t < 3000; ++t) {
    double const before = norm(x);
    for (double& v : x) v /= before;
    for (std::size_t r = 0; r < g.rounds.size(); ++r) x = test::mixed(g, static_cast<std::int64_t>(r), x);
    x = without_mean(x);
    rho = norm(x);
    if (rho < 1e-14) return 0;
    for (std::size_t r = g.rounds.size(); r-- > 0;) {  // the transpose
      std::vector<double> back(x.size());
      for (int m = 0; m < g.workers; ++m)
        for (edge const& e : g.rounds[r][at(m)]) back[at(e.worker)] += e.weight * x[at(m)];
      x = back;
    }
    x = without_mean(x);
  }
  return rho;
}
/// A graph's rho is `expected` to 1e-9, and so is its gap.
void has_rho(mixing_graph const& g, double expected) {
  CAPTURE(g.name);
  CAPTURE(g.workers);
  CHECK(std::abs(second_singular_value(g) - expected) < 1e-9);
  CHECK(std::abs(spectral_gap(g) - (1 - expected)) < 1e-9);
}
/// The eigenvalues of a symmetric W, ascending.
Eigen::VectorXd eigenvalues(mixing_graph const& g) {
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(mixing_matrix(g)).eigenvalues();
}

}  // namespace

TEST_CASE("mixing_matrix: entry for entry, and mixing is multiplying by it") {
  for (int n : {1, 2, 3, 5, 8, 9, 16})
    for (mixing_graph const& g : test::graphs(n)) {
      CAPTURE(g.name);
      for (std::size_t r = 0; r <= g.rounds.size(); ++r) {
        auto const round = static_cast<std::int64_t>(r);
        Eigen::MatrixXd const w = mixing_matrix(g, round);
        REQUIRE(w.rows() == n);
        REQUIRE(w.cols() == n);
        for (int m = 0; m < n; ++m)
          for (int j = 0; j < n; ++j) CHECK(w(m, j) == g.weight(round, m, j));
        std::vector<double> x;
        for (int m = 0; m < n; ++m) x.push_back(std::sin(m + 1.0));
        Eigen::VectorXd const product = w * Eigen::Map<Eigen::VectorXd>(x.data(), n);
        std::vector<double> const next = test::mixed(g, round, x);
        for (int m = 0; m < n; ++m) CHECK(std::abs(product(m) - next[at(m)]) < 1e-15 * n);
      }
    }
}

TEST_CASE("period_matrix: the first round acts first") {
  mixing_graph const g = from_matrices({{{1, 0}, {0.5, 0.5}}, {{0, 1}, {1, 0}}}, stochastic::rows);
  CHECK(period_matrix(g) == Eigen::MatrixXd{{0.5, 0.5}, {1, 0}});
  for (mixing_graph const& one : {ring(5), star(4)}) CHECK(period_matrix(one) == mixing_matrix(one));
}

TEST_CASE("rho: ring, directed ring, path") {
  has_rho(ring(1), 0);
  has_rho(ring(2), 0);
  has_rho(ring(3), 0);
  for (int n : {4, 5, 8, 16, 25}) has_rho(ring(n), (1 + 2 * std::cos(2 * pi / n)) / 3);
  has_rho(ring(5), 0.539344663);
  has_rho(ring(8), 0.804737854);
  has_rho(ring(16), 0.949253022);
  has_rho(ring(25), 0.979055441);
  CHECK(eigenvalues(ring(4))(0) == doctest::Approx(-1.0 / 3).epsilon(1e-12));
  for (int n : {2, 3, 4, 7, 16}) has_rho(directed_ring(n), std::cos(pi / n));
  for (int n : {3, 4, 5, 8, 16}) has_rho(path(n), 1 - 2.0 / 3 * (1 - std::cos(pi / n)));
  has_rho(path(2), 0);
}

TEST_CASE("rho: complete, star") {
  for (int n : {1, 2, 3, 4, 5, 8, 16}) has_rho(complete(n), 0);
  for (int n : {3, 4, 8, 25}) has_rho(star(n), 1 - 1.0 / n);
}

TEST_CASE("rho: torus, hypercube") {
  for (int r : {3, 4, 5, 6}) has_rho(torus(r, r), (3 + 2 * std::cos(2 * pi / r)) / 5);
  has_rho(torus(9), 0.4);
  has_rho(torus(16), 0.6);
  has_rho(torus(25), 0.723606798);
  CHECK(eigenvalues(torus(16))(0) == doctest::Approx(-0.6).epsilon(1e-12));
  has_rho(torus(3, 5), (3 + 2 * std::cos(2 * pi / 5)) / 5);
  for (int bits = 1; bits <= 6; ++bits) {
    double const rho = (bits - 1.0) / (bits + 1);
    has_rho(hypercube(1 << bits), rho);
    CHECK(std::abs(eigenvalues(hypercube(1 << bits))(0) + rho) < 1e-12);
  }
}

TEST_CASE("rho: exponential, static and one peer a round") {
  for (int n : {4, 6, 8, 10, 12, 16, 32, 64}) {
    double const rounds = std::ceil(std::log2(n));
    has_rho(exponential(n), (rounds - 1) / (rounds + 1));
  }
  has_rho(exponential(8), 0.5);
  has_rho(exponential(16), 0.6);
  has_rho(exponential(32), 2.0 / 3);
  has_rho(exponential(64), 0.714285714);
  has_rho(exponential(5), 0.25);
  has_rho(exponential(7), std::sqrt(2) / 4);
  CHECK(second_singular_value(exponential(9)) == doctest::Approx(0.441787).epsilon(1e-6));
  for (int n : {3, 5, 7, 9, 11, 25}) {  // the eigenvalues of a circulant are the transform of its row
    double largest = 0;
    for (int k = 1; k < n; ++k) {
      std::complex<double> sum = 1;
      for (int offset = 1; offset < n; offset *= 2) sum += std::polar(1.0, 2 * pi * k * offset / n);
      largest = std::max(largest, std::abs(sum));
    }
    has_rho(exponential(n), largest / (std::ceil(std::log2(n)) + 1));
  }
  auto const round = [](int n, std::size_t r) {
    mixing_graph g = one_peer_exponential(n);
    return mixing_graph{g.name, n, {g.rounds[r]}};
  };
  for (int n : {4, 5, 6, 8, 16}) has_rho(round(n, 0), std::cos(pi / n));
  for (int n : {4, 6, 8, 12, 16})
    for (std::size_t r = 1; r < one_peer_exponential(n).rounds.size(); ++r) has_rho(round(n, r), 1);
}

TEST_CASE("one_peer_exponential: a period averages exactly for powers of two, and for no other number") {
  for (int n : {1, 2, 4, 8, 16}) {
    CHECK(period_matrix(one_peer_exponential(n)) == Eigen::MatrixXd::Constant(n, n, 1.0 / n));
    has_rho(one_peer_exponential(n), 0);
  }
  auto const left = [](int n) {
    return (period_matrix(one_peer_exponential(n)) - Eigen::MatrixXd::Constant(n, n, 1.0 / n)).norm();
  };
  for (int n : {6, 12}) CHECK(left(n) == doctest::Approx(0.354).epsilon(1e-3));
  for (int n : {3, 5, 7}) CHECK(left(n) > 1e-3);
}

TEST_CASE("rho: of every graph, the least shrinking that message passing finds") {
  for (int n : {2, 3, 5, 8, 9, 12})
    for (mixing_graph const& g : test::graphs(n)) {
      CAPTURE(n);
      has_rho(g, rho_by_powers(g));
    }
  // The mean moves here, and the distance from it shrinks.
  mixing_graph const rows = from_matrix({{0.5, 0.5, 0}, {0, 0.5, 0.5}, {0.25, 0.25, 0.5}}, stochastic::rows);
  has_rho(rows, rho_by_powers(rows));
}

}  // namespace mixing_matrix_tests
