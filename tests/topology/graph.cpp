#include "saddle/topology/graph.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

using namespace saddle;

namespace {

using matrix = std::vector<std::vector<double>>;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

matrix zeros(int n) { return matrix(at(n), std::vector<double>(at(n))); }

matrix dense(mixing_graph const& g, int round) {
  matrix w = zeros(g.workers);
  for (int m = 0; m < g.workers; ++m)
    for (edge const& e : g.row(round, m)) w[at(m)][at(e.worker)] += e.weight;
  return w;
}
matrix product(matrix const& a, matrix const& b) {
  matrix c = zeros(static_cast<int>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < a.size(); ++j)
      for (std::size_t k = 0; k < a.size(); ++k) c[i][j] += a[i][k] * b[k][j];
  return c;
}
/// What is left when every worker should hold the average.
matrix minus_average(matrix w) {
  for (auto& row : w)
    for (double& x : row) x -= 1.0 / static_cast<double>(w.size());
  return w;
}
double frobenius(matrix const& a) {
  double sum = 0;
  for (auto const& row : a)
    for (double x : row) sum += x * x;
  return std::sqrt(sum);
}
/// The largest singular value, by powers of A' A.
double spectral_norm(matrix const& a) {
  matrix b = zeros(static_cast<int>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < a.size(); ++j)
      for (std::size_t k = 0; k < a.size(); ++k) b[i][j] += a[k][i] * a[k][j];
  // |B^(2^s)|_F^(1 / 2^s) -> the largest eigenvalue of B: squared 40 times, scaled on the way.
  double logarithm = 0, power = 1;
  for (int s = 0; s < 40; ++s) {
    double const size = frobenius(b);
    if (size < 1e-15) return 0;
    logarithm += std::log(size) / power;
    for (auto& row : b)
      for (double& x : row) x /= size;
    b = product(b, b);
    power *= 2;
  }
  return std::exp(logarithm / 2);
}
matrix period(mixing_graph const& g) {
  matrix all = dense(g, 0);
  for (std::size_t r = 1; r < g.rounds.size(); ++r) all = product(dense(g, static_cast<int>(r)), all);
  return all;
}
std::vector<mixing_graph> graphs(int n) { return {ring(n), complete(n), one_peer_exponential(n)}; }

double rho(mixing_graph const& g, int round = 0) { return spectral_norm(minus_average(dense(g, round))); }

}  // namespace

TEST_CASE("the spectral norm of this test is one") {
  CHECK(spectral_norm({{3, 0}, {0, -2}}) == doctest::Approx(3).epsilon(1e-12));
  CHECK(spectral_norm({{0, 5}, {0, 0}}) == doctest::Approx(5).epsilon(1e-12));
  CHECK(spectral_norm({{1, 1}, {0, 1}}) == doctest::Approx(std::numbers::phi).epsilon(1e-12));
}

TEST_CASE("graphs: rows and columns of every round sum to 1, weights are positive, rows ascend and hear themselves") {
  for (int n : {1, 2, 3, 4, 5, 6, 8, 12, 16})
    for (mixing_graph const& g : graphs(n)) {
      CAPTURE(g.name);
      CAPTURE(n);
      CHECK(g.workers == n);
      for (std::size_t r = 0; r < g.rounds.size(); ++r) {
        REQUIRE(g.rounds[r].size() == at(n));
        matrix const w = dense(g, static_cast<int>(r));
        for (int m = 0; m < n; ++m) {
          double row = 0, column = 0;
          for (int j = 0; j < n; ++j) {
            row += w[at(m)][at(j)];
            column += w[at(j)][at(m)];
          }
          CHECK(std::abs(row - 1) <= n * std::numeric_limits<double>::epsilon());
          CHECK(std::abs(column - 1) <= n * std::numeric_limits<double>::epsilon());
          int before = -1;
          bool itself = false;
          for (edge const& e : g.row(static_cast<std::int64_t>(r), m)) {
            CHECK(e.worker > before);
            CHECK(e.worker < n);
            CHECK(e.weight > 0);
            itself = itself || e.worker == m;
            before = e.worker;
          }
          CHECK(itself);
        }
      }
    }
}

TEST_CASE("ring: both neighbours and itself; two workers take halves, one takes all") {
  CHECK(ring(5).row(0, 0) == std::vector<edge>{{0, 1.0 / 3}, {1, 1.0 / 3}, {4, 1.0 / 3}});
  CHECK(ring(5).row(7, 3) == std::vector<edge>{{2, 1.0 / 3}, {3, 1.0 / 3}, {4, 1.0 / 3}});
  CHECK(ring(3).row(0, 1) == std::vector<edge>{{0, 1.0 / 3}, {1, 1.0 / 3}, {2, 1.0 / 3}});
  CHECK(ring(2).row(0, 0) == std::vector<edge>{{0, 0.5}, {1, 0.5}});
  CHECK(ring(2).row(0, 1) == std::vector<edge>{{0, 0.5}, {1, 0.5}});
  CHECK(ring(1).row(0, 0) == std::vector<edge>{{0, 1}});
  CHECK_FALSE(ring(5).varies());
}

TEST_CASE("ring: the second largest modulus") {
  CHECK(rho(ring(3)) < 1e-12);
  CHECK(rho(ring(4)) == doctest::Approx(1.0 / 3).epsilon(1e-9));
  CHECK(rho(ring(5)) == doctest::Approx(0.539344663).epsilon(2e-9));
  CHECK(rho(ring(8)) == doctest::Approx(0.804737854).epsilon(2e-9));
  CHECK(rho(ring(16)) == doctest::Approx(0.949253022).epsilon(2e-9));
  CHECK(rho(ring(25)) == doctest::Approx(0.979055441).epsilon(2e-9));
}

TEST_CASE("complete: one round averages") {
  for (int n : {1, 2, 3, 4, 5, 8, 16}) {
    CHECK(rho(complete(n)) < 1e-12);
    CHECK(complete(n).row(0, n - 1).size() == at(n));
    CHECK_FALSE(complete(n).varies());
  }
}

TEST_CASE("one_peer_exponential: in round j it hears the worker 2^j further on") {
  auto const rounds_of = [](int n) { return static_cast<int>(one_peer_exponential(n).rounds.size()); };
  CHECK(rounds_of(1) == 1);
  CHECK(rounds_of(2) == 1);
  CHECK(rounds_of(3) == 2);
  CHECK(rounds_of(4) == 2);
  CHECK(rounds_of(5) == 3);
  CHECK(rounds_of(8) == 3);
  CHECK(rounds_of(9) == 4);
  CHECK(rounds_of(16) == 4);
  mixing_graph const g = one_peer_exponential(6);
  CHECK(g.varies());
  CHECK_FALSE(one_peer_exponential(2).varies());
  CHECK(g.row(0, 5) == std::vector<edge>{{0, 0.5}, {5, 0.5}});
  CHECK(g.row(1, 0) == std::vector<edge>{{0, 0.5}, {2, 0.5}});
  CHECK(g.row(2, 3) == std::vector<edge>{{1, 0.5}, {3, 0.5}});
  CHECK(g.row(3, 5) == g.row(0, 5));  // and again from the first
  CHECK(one_peer_exponential(1).row(0, 0) == std::vector<edge>{{0, 1}});
  CHECK(g.row((std::int64_t{1} << 40) * 3 + 1, 0) == g.row(1, 0));
}

TEST_CASE("one_peer_exponential: a period averages exactly for powers of two, and for no other number") {
  for (int n : {1, 2, 4, 8, 16}) {
    matrix const all = period(one_peer_exponential(n));
    for (auto const& row : all)
      for (double x : row) CHECK(x == 1.0 / n);
  }
  for (int n : {6, 12})
    CHECK(frobenius(minus_average(period(one_peer_exponential(n)))) == doctest::Approx(0.354).epsilon(1e-3));
  for (int n : {3, 5, 7}) CHECK(frobenius(minus_average(period(one_peer_exponential(n)))) > 1e-3);
}

TEST_CASE("one_peer_exponential: one round alone contracts by cos(pi / n) or not at all") {
  for (int n : {4, 5, 8, 16})
    CHECK(rho(one_peer_exponential(n)) == doctest::Approx(std::cos(std::numbers::pi / n)).epsilon(1e-9));
  for (int n : {4, 8, 16}) CHECK(rho(one_peer_exponential(n), 1) == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("graphs: repeated mixing leaves the average where it was and takes all workers there") {
  for (int n : {2, 3, 5, 8, 12})
    for (mixing_graph const& g : graphs(n)) {
      CAPTURE(g.name);
      std::vector<double> x(at(n));
      double mean = 0;
      for (int m = 0; m < n; ++m) mean += (x[at(m)] = m * m - 3) / n;
      for (int t = 0; t < 1000; ++t) {
        std::vector<double> next(at(n));
        for (int m = 0; m < n; ++m)
          for (edge const& e : g.row(t, m)) next[at(m)] += e.weight * x[at(e.worker)];
        x = next;
      }
      for (double v : x) CHECK(v == doctest::Approx(mean).epsilon(1e-10));
    }
}

TEST_CASE("graphs: without a worker there is none") {
  CHECK_THROWS_AS(ring(0), std::invalid_argument);
  CHECK_THROWS_AS(complete(-1), std::invalid_argument);
  CHECK_THROWS_AS(one_peer_exponential(0), std::invalid_argument);
}
