// VI-PAPC and C-DPSSG against plain loops over what the papers say.
#include "saddle/algorithm/vi_papc.hpp"

#include "../heterogeneous.hpp"
#include "../train/game.hpp"
#include "saddle/algorithm/c_dpssg.hpp"

namespace vi_papc_tests {

using namespace saddle;
using test::vector;

namespace {

vector field(test::heterogeneous_game const& game, std::size_t m, vector const& w) {
  vector g(20);
  game.gradient(point<double const>{std::span(w).first(10), std::span(w).last(10)}, {.worker = static_cast<int>(m)},
                point<double>{std::span(g).first(10), std::span(g).last(10)});
  return g;
}
/// (I - W) x over the ring of 8.
std::vector<vector> without_mean(std::vector<vector> const& x) {
  std::vector<vector> y = x;
  std::vector<vector> const mixed = test::mixed(ring(8).rounds[0], x);
  for (std::size_t m = 0; m < 8; ++m)
    for (std::size_t i = 0; i < 20; ++i) y[m][i] -= mixed[m][i];
  return y;
}

}  // namespace

TEST_CASE("VI-PAPC is its published iteration, and comes to the solution up to rounding") {
  // Eigenvalues of I - W over the ring of 8: 2/3 (1 - cos) of multiples of 45 degrees.
  double const mu = 0.4, L = 2.2, least = 0.1952621, largest = 4.0 / 3, root = std::sqrt(largest / least);
  double const b = mu / (L * L), eta = 1 / (3 * L * root), theta = std::min(1 / (2 * b), L * root / 3);
  test::heterogeneous_game const game;
  trainer<double> t{game, vi_papc_of(mu, L, least, largest, ring(8)), loopback{8}, cpu{}};
  std::vector<vector> z(8, vector(20)), y = z, y_old = y, f_old = z;
  for (int step = 0; step < 500; ++step) {
    std::vector<vector> f, u = z;
    for (std::size_t m = 0; m < 8; ++m) {
      f.push_back(field(game, m, z[m]));
      for (std::size_t i = 0; i < 20; ++i) u[m][i] -= b * (f[m][i] - y[m][i]);
    }
    u = without_mean(u);
    y_old = y;
    for (std::size_t m = 0; m < 8; ++m)
      for (std::size_t i = 0; i < 20; ++i) {
        y[m][i] -= theta / largest * u[m][i];
        double const a = step == 0 ? 0 : 1;
        double const d = f[m][i] + a * (f[m][i] - f_old[m][i]) - (y[m][i] + a * (y[m][i] - y_old[m][i]));
        z[m][i] -= eta * d;
      }
    f_old = f;
    t.step();
    for (int m = 0; m < 8; ++m) REQUIRE(test::distance(test::weights(t, m), z[static_cast<std::size_t>(m)]) < 1e-11);
  }
  t.run(9500);
  MESSAGE("VI-PAPC: ", test::distance(t, game.solution()), " after 10000");
  CHECK(test::distance(t, game.solution()) < 1e-13);
}

TEST_CASE("C-DPSSG is its published iteration with alpha = 1, and exact from compressed messages") {
  test::heterogeneous_game const game;
  double const s = 0.03, gamma = 0.1;
  auto const how = [&](auto optimizer) {
    return c_dpssg<decltype(optimizer), top_k<128, 5>>{
        .optimizer = optimizer, .topology = {gossip{.graph = ring(8), .consensus_step = gamma}}};
  };
  trainer<double> t{game, how(sgda{s}), loopback{8}, cpu{}};
  std::vector<vector> x(8, vector(20)), d = x, h = x;
  for (int step = 0; step < 300; ++step) {
    std::vector<vector> nu = x;
    for (std::size_t m = 0; m < 8; ++m) {
      vector const g = field(game, m, x[m]);
      for (std::size_t i = 0; i < 20; ++i) nu[m][i] -= s * (g[i] + d[m][i]);
      vector q = test::difference(nu[m], h[m]);
      test::keep_largest(q, 0, 10, 5);
      test::keep_largest(q, 10, 20, 5);
      for (std::size_t i = 0; i < 20; ++i) h[m][i] += q[i];
    }
    std::vector<vector> const apart = without_mean(h);
    for (std::size_t m = 0; m < 8; ++m)
      for (std::size_t i = 0; i < 20; ++i) {
        d[m][i] += gamma / (2 * s) * apart[m][i];
        x[m][i] = nu[m][i] - gamma / 2 * apart[m][i];
      }
    t.step();
    for (int m = 0; m < 8; ++m) REQUIRE(test::distance(test::weights(t, m), x[static_cast<std::size_t>(m)]) < 1e-9);
  }
  test::heterogeneous_game const noisy(0.3);
  trainer<double> reduced{noisy, how(variance_reduced{sgda{s}, 0.2}), loopback{8}, cpu{}};
  t = trainer<double>{noisy, how(sgda{s}), loopback{8}, cpu{}};
  t.run(6000);
  reduced.run(6000);
  MESSAGE("C-DPSSG with noise: ", test::distance(t, game.solution()), ", variance-reduced ",
          test::distance(reduced, game.solution()));
  CHECK(test::distance(t, game.solution()) > 1e-2);
  CHECK(test::distance(reduced, game.solution()) < 1e-12);
}

}  // namespace vi_papc_tests
