#include "saddle/problem/robust_least_squares.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace {

using namespace saddle;

using vector = std::vector<double>;

double value(robust_least_squares<> const& p, vector const& x, vector const& y) {
  Eigen::Map<Eigen::VectorXd const> const vx(x.data(), p.a.cols()), vy(y.data(), p.a.rows());
  return (p.a * vx - vy).squaredNorm() - p.lambda * (vy - p.y0).squaredNorm();
}

/// The mean over the workers, x and then y.
vector mean_field(robust_least_squares<> const& p, vector const& x, vector const& y) {
  vector mean(x.size() + y.size());
  for (int m = 0; m < p.workers(); ++m) {
    vector gx(x.size()), gy(y.size());
    p.gradient({x, y}, {.worker = m}, {gx, gy});
    gx.insert(gx.end(), gy.begin(), gy.end());
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += gx[i] / p.workers();
  }
  return mean;
}

}  // namespace

TEST_CASE("robust_least_squares: the mean over the workers is (grad_x f, -grad_y f)") {
  auto p = robust_least_squares<>::random(11, 3, 4, 1);  // 11 rows on 4 workers: 2 or 3 each
  p.lambda = 3;
  CHECK(p.sizes() == players{3, 11});
  CHECK(p.workers() == 4);
  vector x{0.3, -1, 0.5}, y(11);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = std::sin(static_cast<double>(i));
  auto const g = mean_field(p, x, y);
  double const h = 1e-4;  // exact for a quadratic, up to rounding
  for (std::size_t i = 0; i < g.size(); ++i) {
    double& at = i < 3 ? x[i] : y[i - 3];
    double const kept = at;
    at = kept + h;
    double const up = value(p, x, y);
    at = kept - h;
    double const down = value(p, x, y);
    at = kept;
    CHECK(g[i] == doctest::Approx((i < 3 ? 1 : -1) * (up - down) / (2 * h)).epsilon(1e-7));
  }
}

TEST_CASE("robust_least_squares: the solution is a zero of the mean field") {
  auto const p = robust_least_squares<>::random(200, 10, 20, 2);
  auto const w = p.solution();
  REQUIRE(w.size() == 210);
  vector const x(w.begin(), w.begin() + 10), y(w.begin() + 10, w.end());
  for (double const g : mean_field(p, x, y)) CHECK(std::abs(g) < 1e-9);
  CHECK(std::abs(x[0]) > 1e-3);
}

TEST_CASE("robust_least_squares: a worker's part in y is its own rows, one player's part that of the whole") {
  auto const p = robust_least_squares<>::random(10, 2, 3, 1);
  vector const x{1, 2}, y(10, 0.5);
  std::vector<int> owners(10);
  for (int m = 0; m < 3; ++m) {
    vector gx(2), gy(10), only_x(2), only_y(10), untouched(10, 7);
    p.gradient({x, y}, {.worker = m}, {gx, gy});
    for (std::size_t i = 0; i < 10; ++i) owners[i] += gy[i] != 0;
    p.gradient({x, y}, {.worker = m}, {only_x, untouched}, player::min);
    p.gradient({x, y}, {.worker = m}, {untouched, only_y}, player::max);
    CHECK(only_x == gx);
    CHECK(only_y == gy);
    CHECK(untouched == vector(10, 7));
  }
  CHECK(owners == std::vector<int>(10, 1));
  vector gx(2), gy(10);
  CHECK_THROWS_AS(p.gradient({x, y}, {.worker = 3}, {gx, gy}), std::invalid_argument);
  CHECK_THROWS_AS(robust_least_squares<>::random(3, 2, 4, 1), std::invalid_argument);
}

TEST_CASE("robust_least_squares: parts that do not fit are refused, before anything is read") {
  auto const good = robust_least_squares<>::random(6, 2, 3, 1);
  std::vector<double> x(2), y(6), p(2), q(6), longer(7);
  auto const refuses = [&](auto const& change, bool at_gradient = true) {
    auto game = good;
    change(game);
    CHECK_THROWS_AS(game.initial(1, {x, y}), std::invalid_argument);
    CHECK_THROWS_AS(game.identity(), std::invalid_argument);
    CHECK_THROWS_AS(game.solution(), std::invalid_argument);
    if (at_gradient) CHECK_THROWS_AS(game.gradient({x, y}, {.step = 1}, {p, q}), std::invalid_argument);
  };
  refuses([](auto& g) { g.y0.conservativeResize(5); });
  refuses([](auto& g) { g.a.conservativeResize(5, 2); });
  refuses([](auto& g) { g.a.resize(0, 0), g.y0.resize(0); });
  for (int const clients : {0, -1, 7}) refuses([&](auto& g) { g.clients = clients; });
  for (double const lambda : {1.0, 0.5, -2.0, std::numeric_limits<double>::quiet_NaN()})
    refuses([&](auto& g) { g.lambda = lambda; }, false);
  refuses([](auto& g) { g.y0(3) = std::numeric_limits<double>::infinity(); }, false);
  CHECK_THROWS_AS(good.initial(1, {x, longer}), std::invalid_argument);
  CHECK_THROWS_AS(good.gradient({longer, y}, {.step = 1}, {p, q}), std::invalid_argument);
  CHECK_THROWS_AS(good.gradient({x, y}, {.step = 1}, {p, longer}, player::max), std::invalid_argument);
  CHECK_THROWS_AS(good.gradient({x, y}, {.worker = 3, .step = 1}, {p, q}), std::invalid_argument);
}
