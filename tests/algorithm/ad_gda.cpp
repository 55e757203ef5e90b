// AD-GDA against a plain loop, and on losses whose worst case is known.
#include "saddle/algorithm/ad_gda.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "../heterogeneous.hpp"
#include "../parabolas.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/problem/distributionally_robust.hpp"
#include "saddle/topology/from_matrix.hpp"

namespace ad_gda_tests {

using namespace saddle;
using test::vector;
using robust = distributionally_robust<test::parabolas>;
using coarse = qsgd<128, 4, rounding::nearest>;

namespace {

mixing_graph const three = from_matrix({{0.5, 0.25, 0.25}, {0.25, 0.5, 0.25}, {0.25, 0.25, 0.5}});

template <class C>
trainer<double> over(robust const& p, C c, gossip const& talk, double theta, double lambda, int threads = 1) {
  return {p, ad_gda<C>{{{{theta}, {lambda}}, constrains::max}, c, {talk}}, loopback{p.workers()}, cpu{threads}};
}
vector onto_simplex(vector x) {
  double low = -100, high = 100;
  for (int n = 0; n < 200; ++n) {
    double const shift = (low + high) / 2;
    double sum = 0;
    for (double v : x) sum += std::max(v - shift, 0.0);
    (sum > 1 ? low : high) = shift;
  }
  for (double& v : x) v = std::max(v - low, 0.0);
  return x;
}
/// The mean over the workers of theta, and how far it is from 1.
double error(trainer<double> const& t) {
  double sum = 0;
  for (int m = 0; m < 3; ++m)
    for (double x : t.weights(m).min) sum += x / std::sqrt(static_cast<double>(t.sizes().min)) / 3;
  return std::abs(sum - 1);
}

}  // namespace

TEST_CASE("AD-GDA with exact messages is a plain loop over the published iteration") {
  std::size_t const d = 2, all = 3;
  robust const p{{.dimension = 2, .noise = 0.1}, 0.5};
  auto t = over(p, identity{}, {.graph = three}, 0.05, 0.02);
  vector const start = test::joined(t.weights(0));
  std::vector<vector> theta(all, vector(start.begin(), start.begin() + d)), lambda(all, vector(all, 1.0 / 3));
  auto const mix = [&](std::vector<vector>& x) {
    std::vector<vector> y(all, vector(x[0].size()));
    for (std::size_t m = 0; m < all; ++m)
      for (std::size_t j = 0; j < all; ++j)
        for (std::size_t i = 0; i < x[0].size(); ++i) y[m][i] += (m == j ? 0.5 : 0.25) * x[j][i];
    x = y;
  };
  for (int step = 1; step <= 100; ++step) {
    std::vector<vector> projected = lambda, moved = theta;
    for (std::size_t m = 0; m < all; ++m) {
      sample const s{1, static_cast<int>(m), step, 0};
      vector g(d);
      p.losses.gradient({theta[m], {}}, s, {g, {}});
      for (std::size_t i = 0; i < d; ++i) moved[m][i] -= 3 * 0.05 * lambda[m][m] * g[i];
      projected[m][m] += 3 * 0.02 * (p.losses.loss({theta[m], {}}, s) - 0.5 * (lambda[m][m] - 1.0 / 3));
      projected[m] = onto_simplex(projected[m]);
    }
    mix(moved);
    theta = moved;
    t.step();
    for (std::size_t m = 0; m < all; ++m) {
      vector both = theta[m];
      both.insert(both.end(), projected[m].begin(), projected[m].end());
      REQUIRE(test::distance(test::joined(t.weights(static_cast<int>(m))), both) < 1e-12);
    }
    lambda = projected;
    mix(lambda);
  }
}

TEST_CASE("AD-GDA comes to the point where the worst loss is least, up to a bias that halves with the step size") {
  vector errors;
  for (double const eta : {0.04, 0.02, 0.01, 0.005}) {
    auto t = over({{}, 1}, identity{}, {.graph = three}, eta / 3, eta / 3);
    t.run(static_cast<std::int64_t>(400 / eta));
    errors.push_back(error(t));
    for (int m = 0; m < 3; ++m) {
      auto const lambda = t.weights(m).max;
      CHECK(test::distance(vector(lambda.begin(), lambda.end()), vector{0.5, 0, 0.5}) < 5 * eta);
    }
  }
  MESSAGE("errors ", errors[0], ", ", errors[1], ", ", errors[2], ", ", errors[3]);
  for (std::size_t i = 0; i + 1 < errors.size(); ++i) {
    CHECK(errors[i] / errors[i + 1] > 1.8);
    CHECK(errors[i] / errors[i + 1] < 2.2);
  }
}

TEST_CASE("AD-GDA: messages of four bits for theta, and exact ones for lambda, come as near") {
  robust const p{{.dimension = 200}, 1};
  auto exact = over(p, identity{}, {.graph = three}, 0.003, 0.003);
  auto lossy = over(p, coarse{}, {.graph = three, .consensus_step = 0.7}, 0.003, 0.003);
  exact.run(20000);
  lossy.run(20000);
  MESSAGE("error ", error(exact), ", of four bits ", error(lossy));
  CHECK(error(lossy) < 2 * error(exact) + 1e-3);
  // What travels of lambda are 3 numbers of 8 bytes, for each of 6 edges and each step.
  auto const bytes = [](trainer<double> const& t) { return t.report().uplink.payload / (6 * 20000); };
  CHECK(bytes(exact) == 203 * 8);
  CHECK(bytes(lossy) == 2 * 8 + 200 / 2 + 3 * 8);
}

TEST_CASE("AD-GDA: the bits do not depend on threads, nor on a checkpoint between") {
  robust const p{{.dimension = 300, .noise = 0.1}, 1};
  test::is_repeatable([&](int threads) {
    return over(p, coarse{}, {.graph = three, .rounds = 2, .consensus_step = 0.7}, 0.02, 0.02, threads);
  });
}

}  // namespace ad_gda_tests
