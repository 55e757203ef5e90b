#include "saddle/topology/accelerated_gossip.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "runs.hpp"
#include "graphs.hpp"
#include "saddle/topology/from_matrix.hpp"
#include "saddle/topology/mixing_matrix.hpp"

namespace accelerated_gossip_tests {

using namespace saddle;
using test::at;

namespace {

using Eigen::MatrixXd;
constexpr auto chebyshev = acceleration::chebyshev, fast_mix = acceleration::fast_mix;

accelerated_gossip on(mixing_graph const& g, int rounds, acceleration rule = chebyshev) {
  return {.graph = g, .rounds = rounds, .spectral_gap = spectral_gap(g), .rule = rule};
}
/// What the rounds of an exchange do, by the published recurrence.
MatrixXd by_recurrence(accelerated_gossip const& a) {
  MatrixXd const w = mixing_matrix(a.graph);
  MatrixXd now = MatrixXd::Identity(w.rows(), w.cols()), before = now;
  for (int k = 0; k < a.rounds; ++k) {
    MatrixXd const next = (1 + a.momentum(k)) * (w * now) - a.momentum(k) * before;
    before = now;
    now = next;
  }
  return now;
}
/// The same from what a worker is told to take of whom, and of its own before.
MatrixXd by_sources(accelerated_gossip const& a) {
  int const n = a.graph.workers;
  MatrixXd now = MatrixXd::Identity(n, n), before = MatrixXd::Constant(n, n, 1e6);  // left from another exchange
  for (int k = 0; k < a.rounds; ++k) {
    MatrixXd next = -a.of_previous(k) * before;
    for (int m = 0; m < n; ++m)
      for (edge const& e : a.sources(17, k, m, n)) next.row(m) += e.weight * now.row(e.worker);
    before = now;
    now = next;
  }
  return now;
}
/// What is left of any distance to the mean, at most.
double left(MatrixXd const& all) {
  MatrixXd const spread = all - MatrixXd::Constant(all.rows(), all.cols(), 1.0 / static_cast<double>(all.rows()));
  return Eigen::JacobiSVD<MatrixXd>(spread).singularValues()(0);
}
double r_of(double rho) { return rho == 0 ? 0 : (1 - std::sqrt(1 - rho * rho)) / rho; }

std::string refusal(accelerated_gossip const& g, int workers) {
  try {
    g.check(workers, false, false);
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}
bool says(std::string const& what, std::string const& words) { return what.find(words) != std::string::npos; }

std::vector<mixing_graph> const undirected{ring(1),       ring(3),       ring(4),       ring(16),    ring(25),
                                           path(5),       path(16),      star(8),       star(25),    torus(4, 4),
                                           torus(5, 5),   hypercube(8),  hypercube(16), hypercube(64), complete(7),
                                           erdos_renyi(12, 0.3, 1), erdos_renyi(20, 0.2, 2)};

}  // namespace

TEST_CASE("accelerated_gossip: weights and what is taken of the round before make the recurrence") {
  for (mixing_graph const& g : undirected)
    for (acceleration rule : {chebyshev, fast_mix})
      for (int rounds : {1, 2, 3, 4, 7, 12, 30}) {
        CAPTURE(g.name);
        CAPTURE(rounds);
        accelerated_gossip const a = on(g, rounds, rule);
        MatrixXd const all = by_sources(a);
        double const size = 1 + rounds * 0.01 * all.norm();
        CHECK((all - by_recurrence(a)).norm() < 1e-13 * size);
        CHECK((all.colwise().sum().array() - 1).abs().maxCoeff() < 1e-13 * size);  // the mean stays
        CHECK((all.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-13 * size);  // who agrees stays
        for (int m = 0; m < g.workers; ++m) CHECK(a.sources(1, 0, m, g.workers).size() == g.row(0, m).size());
      }
}

TEST_CASE("chebyshev: its momentum is that of the semi-iteration") {
  for (double rho : {0.1, 0.5, 0.9, 0.999}) {
    accelerated_gossip const a{.graph = ring(3), .spectral_gap = 1 - rho};
    double omega = 1;  // omega_1 = 1, omega_2 = 1 / (1 - rho^2 / 2), omega_{k+1} = 1 / (1 - rho^2 omega_k / 4)
    for (int k = 0; k < 50; ++k) {
      CHECK(1 + a.momentum(k) == doctest::Approx(omega).epsilon(1e-11));
      omega = 1 / (1 - rho * rho * omega * (k == 0 ? 0.5 : 0.25));
    }
    CHECK(a.momentum(5000) == doctest::Approx(r_of(rho) * r_of(rho)).epsilon(1e-11));
  }
}

TEST_CASE("chebyshev: t rounds leave 2 r^t / (1 + r^(2 t)), never more than plain ones") {
  for (mixing_graph const& g : undirected) {
    double const rho = second_singular_value(g), r = r_of(rho);
    for (int t = 1; t <= 20; ++t) {
      CAPTURE(g.name);
      CAPTURE(t);
      double const accelerated = left(by_recurrence(on(g, t))), rt = std::pow(r, t);
      CHECK(std::abs(accelerated - 2 * rt / (1 + rt * rt)) < 1e-12);
      CHECK(accelerated <= std::pow(rho, t) + 1e-12);
      if (g.name == "hypercube" || g.name == "torus-4x4")  // rho and -rho are eigenvalues: its worst case
        CHECK(accelerated <= left(by_recurrence(on(g, t, fast_mix))) + 1e-12);
    }
  }
  // 10 rounds on a ring of 25: a quarter is left, not four fifths.
  CHECK(left(by_recurrence(on(ring(25), 10))) == doctest::Approx(0.248).epsilon(0.01));
  CHECK(std::pow(second_singular_value(ring(25)), 10) == doctest::Approx(0.809).epsilon(0.01));
}

TEST_CASE("fast_mix: beta is constant; t rounds leave (1 + t (1 + r)) r^t, or less without an eigenvalue -rho") {
  for (mixing_graph const& g : undirected) {
    double const rho = second_singular_value(g), r = r_of(rho);
    for (int t = 1; t <= 20; ++t) {
      CAPTURE(g.name);
      CAPTURE(t);
      accelerated_gossip const a = on(g, t, fast_mix);
      double const s = std::sqrt(1 - rho * rho);
      CHECK(a.momentum(t) == doctest::Approx((1 - s) / (1 + s)).epsilon(1e-9));
      double const factor = left(by_recurrence(a)), most = (1 + t * (1 + r)) * std::pow(r, t);
      CHECK(factor <= most + 1e-12);
      if (g.name == "hypercube" || g.name == "torus-4x4") CHECK(factor == doctest::Approx(most).epsilon(1e-9));
      bool const can_grow = most > 1 + 1e-9;
      if (rho > 0) CHECK(says(refusal(a, g.workers), "fast_mix can drive the workers apart") == can_grow);
    }
  }
  CHECK(left(by_recurrence(on(hypercube(64), 1, fast_mix))) > 1);
  CHECK(left(by_recurrence(on(ring(16), 1, fast_mix))) > 1);
}

TEST_CASE("chebyshev: a spectral gap that is wrong slows down and drives nobody apart") {
  for (double gap : {1e-4, 0.01, 0.2, 0.5, 1.0})
    for (int t : {1, 2, 3, 10, 40}) {
      double const factor = left(by_recurrence({.graph = ring(16), .rounds = t, .spectral_gap = gap}));
      CHECK(factor < 1);
      CHECK(factor > left(by_recurrence(on(ring(16), t))) - 1e-12);
    }
}

TEST_CASE("accelerated_gossip: what makes no sense is refused with its sentence") {
  CHECK(refusal(on(ring(8), 1), 8) == "");
  CHECK(refusal(on(ring(8), 3, fast_mix), 8) == "");
  CHECK(refusal(on(ring(1), 1), 1) == "");
  CHECK(says(refusal(on(ring(8), 3), 7), "the graph has 8 workers, the transport 7"));
  CHECK(says(refusal(on(ring(8), 0), 8), "accelerated_gossip: there must be at least one round"));
  mixing_rows const islands{{{0, 0.5}, {1, 0.5}}, {{0, 0.5}, {1, 0.5}}, {{2, 0.5}, {3, 0.5}}, {{2, 0.5}, {3, 0.5}}};
  accelerated_gossip const apart{.graph = {"islands", 4, {islands}}, .rounds = 3, .spectral_gap = 0.5};
  CHECK(says(refusal(apart, 4), "accelerated_gossip: the graph is not connected"));
  auto const gap = [](double x) { return accelerated_gossip{.graph = ring(8), .rounds = 3, .spectral_gap = x}; };
  CHECK(refusal(gap(1), 8) == "");
  for (double wrong : {0.0, -0.1, 1.1, std::nan("")})
    CHECK(says(refusal(gap(wrong), 8), "spectral_gap lies in (0, 1]"));
  CHECK(says(refusal({.graph = ring(8), .rounds = 3}, 8), "topology/mixing_matrix.hpp computes"));
  CHECK(says(refusal(on(one_peer_exponential(8), 3), 8), "this graph varies"));
  CHECK(says(refusal(on(directed_ring(8), 3), 8), "must be symmetric"));
  CHECK(says(refusal(on(exponential(8), 3), 8), "must be symmetric"));
  CHECK(says(refusal(on(from_matrix({{0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}), 3), 3), "must hear itself"));
  CHECK(says(refusal(on(from_matrix({{0.5, 0.5}, {0.25, 0.75}}, stochastic::rows), 3), 2), "must be symmetric"));
}

TEST_CASE("accelerated_gossip: its name, and one rule") {
  static_assert(std::is_same_v<rule_of<accelerated_gossip, true, feedback::none>, accelerated_mixing>);
  CHECK(on(ring(8), 3).name() == "accelerated-gossip-ring");
  CHECK(on(complete(8), 3).details() == "spectral-gap=1 rule=chebyshev");
  CHECK(on(star(4), 3, fast_mix).details() == "spectral-gap=0.25 rule=fast-mix");
  CHECK_FALSE(on(ring(8), 1).combines_first());
  CHECK(accelerated_gossip{.graph = ring(8), .order = gossip_order::combine_then_adapt}.combines_first());
}

}  // namespace accelerated_gossip_tests
