#include "saddle/topology/from_matrix.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "graphs.hpp"

namespace from_matrix_tests {

using namespace saddle;
using test::at;

namespace {

std::string refusal(std::vector<dense_rows> const& rounds, stochastic kind = stochastic::doubly) {
  try {
    from_matrices(rounds, kind);
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}
bool says(std::string const& what, std::string const& words) { return what.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("from_matrix: the nonzero entries of every row, in every round") {
  mixing_graph const g = from_matrix({{0.5, 0, 0.5}, {0.25, 0.75, 0}, {0.25, 0.25, 0.5}});
  CHECK(g.workers == 3);
  CHECK_FALSE(g.varies());
  CHECK(g.row(0, 0) == std::vector<edge>{{0, 0.5}, {2, 0.5}});
  CHECK(g.row(9, 1) == std::vector<edge>{{0, 0.25}, {1, 0.75}});
  CHECK(g.row(0, 2) == std::vector<edge>{{0, 0.25}, {1, 0.25}, {2, 0.5}});
  CHECK(from_matrix({{1}}).row(0, 0) == std::vector<edge>{{0, 1}});
}

TEST_CASE("from_matrices: a sequence; no matrix of it alone need be connected") {
  dense_rows const here{{0.5, 0.5, 0}, {0.5, 0.5, 0}, {0, 0, 1}}, there{{1, 0, 0}, {0, 0.5, 0.5}, {0, 0.5, 0.5}};
  mixing_graph const g = from_matrices({here, there, here});
  CHECK(g.varies());
  CHECK(g.rounds.size() == 3);
  CHECK(g.row(1, 1) == std::vector<edge>{{1, 0.5}, {2, 0.5}});
  CHECK(g.row(2, 2) == std::vector<edge>{{2, 1}});
  CHECK(g.row(4, 0) == std::vector<edge>{{0, 1}});
}

TEST_CASE("from_matrix: another matrix has another name") {
  dense_rows const one{{0.5, 0.5}, {0.5, 0.5}}, other{{0.25, 0.75}, {0.75, 0.25}};
  CHECK(from_matrix(one).name == from_matrix(one).name);
  CHECK(from_matrix(one).name != from_matrix(other).name);
  CHECK(from_matrices({one, other}).name != from_matrices({other, one}).name);
  CHECK(from_matrix(one).name.starts_with("matrix-"));
  CHECK(from_matrix(one, stochastic::doubly, "mine").name.starts_with("mine-"));
}

TEST_CASE("from_matrix: rows alone take all to the average by the left eigenvector, and keep those that agree") {
  dense_rows const w{{0.5, 0.5, 0}, {0, 0.5, 0.5}, {0.25, 0.25, 0.5}};
  std::vector<double> const pi{1.0 / 5, 2.0 / 5, 2.0 / 5};
  for (std::size_t j = 0; j < 3; ++j)
    REQUIRE(pi[0] * w[0][j] + pi[1] * w[1][j] + pi[2] * w[2][j] == doctest::Approx(pi[j]).epsilon(1e-15));
  CHECK(says(refusal({w}), "round 0, column 0 sums to 0.75, not to 1: the mean would move, which stochastic::rows"));
  mixing_graph const g = from_matrix(w, stochastic::rows);
  std::vector<double> x{3, -1, 7}, same{2, 2, 2};
  for (int t = 0; t < 200; ++t) {
    x = test::mixed(g, t, x);
    same = test::mixed(g, t, same);
  }
  for (double v : x) CHECK(v == doctest::Approx(3 * pi[0] - pi[1] + 7 * pi[2]).epsilon(1e-13));
  CHECK(same == std::vector<double>{2, 2, 2});
}

TEST_CASE("from_matrix: what is wrong is said with its place") {
  double const inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  dense_rows const good{{0.5, 0.5}, {0.5, 0.5}};
  CHECK(refusal({good}) == "");
  CHECK(says(refusal({}), "there must be a matrix"));
  CHECK(says(refusal({dense_rows{}}), "there must be a matrix"));
  CHECK(says(refusal({good, {{1}}}), "round 1 has 1 rows, the first has 2"));
  CHECK(says(refusal({good, dense_rows{}}), "round 1 has 0 rows, the first has 2"));
  CHECK(says(refusal({{{0.5, 0.5}, {1}}}), "round 0, row 1 has 1 numbers, not 2"));
  CHECK(says(refusal({{{0.5, 0.5}, {0.5, 0.25, 0.25}}}), "round 0, row 1 has 3 numbers, not 2"));
  CHECK(says(refusal({good, {{0.5, 0.5}, {1.5, -0.5}}}), "round 1, row 1, column 1: -0.5 is no weight"));
  CHECK(says(refusal({{{inf, 0.5}, {0.5, 0.5}}}), "round 0, row 0, column 0: inf is no weight"));
  CHECK(says(refusal({{{0.5, nan}, {0.5, 0.5}}}), "round 0, row 0, column 1: nan is no weight"));
  CHECK(says(refusal({{{0.5, 0.5}, {0.5, 0.499999999}}}), "round 0, row 1 sums to 0.999999999, not to 1"));
  CHECK(says(refusal({{{0.5, 0.5}, {0.5, 0.5 + 1e-11}}}), "round 0, row 1 sums to 1.00000000001, not to 1"));
  CHECK(refusal({{{0.1, 0.2, 0.7}, {0.7, 0.1, 0.2}, {0.2, 0.7, 0.1}}}) == "");  // 0.1 + 0.2 + 0.7 is not 1 in binary
  // Columns alone: workers that agree would not stay so, whatever is asked for.
  dense_rows const columns{{0.5, 0.25}, {0.5, 0.75}};
  CHECK(says(refusal({columns}), "round 0, row 0 sums to 0.75, not to 1"));
  CHECK(says(refusal({columns}, stochastic::rows), "round 0, row 0 sums to 0.75, not to 1"));
  for (stochastic kind : {stochastic::doubly, stochastic::rows}) {
    CHECK(says(refusal({{{1, 0}, {0, 1}}}, kind), "not connected"));
    CHECK(says(refusal({{{0, 1}, {1, 0}}}, kind), "not connected"));  // they only swap
  }
  CHECK(says(refusal({{{1, 0}, {0.5, 0.5}}}, stochastic::rows), "not connected"));
}

}  // namespace from_matrix_tests
