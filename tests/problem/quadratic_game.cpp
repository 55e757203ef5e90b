#include "saddle/problem/quadratic_game.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace {

using namespace saddle;

std::vector<double> field(quadratic_game<> const& game, std::vector<double> const& w, sample s) {
  auto const split = static_cast<std::size_t>(game.sizes().min);
  std::vector<double> g(w.size());
  std::span<double const> const at{w};
  std::span<double> const out{g};
  game.gradient({at.first(split), at.subspan(split)}, s, {out.first(split), out.subspan(split)});
  return g;
}

std::vector<double> mean_field(quadratic_game<> const& game, std::vector<double> const& w) {
  std::vector<double> mean(w.size());
  for (int m = 0; m < game.workers(); ++m) {
    auto const g = field(game, w, {.worker = m});
    for (std::size_t i = 0; i < w.size(); ++i) mean[i] += g[i] / game.workers();
  }
  return mean;
}

double norm(std::vector<double> const& v) {
  double squares = 0;
  for (double const x : v) squares += x * x;
  return std::sqrt(squares);
}

}  // namespace

TEST_CASE("quadratic_game: F is B w + b") {
  quadratic_game<> game{.extents = {1, 2}};
  game.matrices.push_back((Eigen::Matrix3d() << 1, 2, 3, 4, 5, 6, 7, 8, 10).finished());
  game.offsets.push_back(Eigen::Vector3d(1, 0, -1));
  CHECK(field(game, {1, -1, 2}, {}) == std::vector<double>{6, 11, 18});
  auto const w = game.solution();
  CHECK(norm(field(game, w, {})) < 1e-13);
  CHECK(norm(w) > 0.1);
  std::vector<double> x{1}, y{-1, 2}, gx{7}, gy{7, 7};
  game.gradient({x, y}, {}, {gx, gy}, player::max);
  CHECK(gx == std::vector<double>{7});
  CHECK(gy == std::vector<double>{11, 18});
  CHECK_THROWS_AS(field(game, {1, -1, 2}, {.worker = 1}), std::invalid_argument);
}

TEST_CASE("quadratic_game: the mean field is zero at the solution, no worker's is") {
  for (auto const& game :
       {quadratic_game<>::strongly_monotone(10, 4, 1), quadratic_game<>::random(10, 20, 1)}) {
    auto const w = game.solution();
    CHECK(norm(w) > 0.01);
    CHECK(norm(mean_field(game, w)) < 1e-10);
    for (int m = 0; m < game.workers(); ++m) CHECK(norm(field(game, w, {.worker = m})) > 0.01);
  }
}

TEST_CASE("quadratic_game: SMG has the structure and the constants of its description") {
  auto const game = quadratic_game<>::strongly_monotone(10, 4, 3);
  CHECK(game.sizes() == players{10, 10});
  CHECK(game.workers() == 4);
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(20, 20);
  for (auto const& b : game.matrices) {
    CHECK((b + b.transpose() - 0.2 * Eigen::MatrixXd::Identity(20, 20)).norm() < 1e-14);
    CHECK(b.topLeftCorner(10, 10).isDiagonal());
    CHECK((b.topRightCorner(10, 10) - Eigen::MatrixXd::Identity(10, 10)).norm() ==
          doctest::Approx(2).epsilon(0.25));
    mean += b / 4;
  }
  double const lipschitz =
      std::sqrt((mean.transpose() * mean).selfadjointView<Eigen::Lower>().eigenvalues().maxCoeff());
  CHECK(lipschitz > 1.1);
  CHECK(lipschitz < 1.8);
}

TEST_CASE("quadratic_game: the public generator keeps to its spectra") {
  auto const one =
      quadratic_game<>::random(10, 3, 5, 1, 0.2, 1);  // one datum a worker: its spectrum is what is drawn
  double least = 1;
  for (auto const& b : one.matrices) {
    auto const values = [](Eigen::MatrixXd const& m) {
      return m.selfadjointView<Eigen::Lower>().eigenvalues().eval();
    };
    for (int const corner : {0, 10}) {
      Eigen::MatrixXd const diagonal = b.block(corner, corner, 10, 10);
      CHECK(diagonal.isApprox(diagonal.transpose(), 1e-12));
      CHECK(values(diagonal).minCoeff() > 0.2);
      CHECK(values(diagonal).maxCoeff() < 1);
    }
    Eigen::MatrixXd const coupling = b.topRightCorner(10, 10);
    CHECK(coupling.isApprox(-b.bottomLeftCorner(10, 10).transpose(), 1e-12));
    CHECK(values(coupling).minCoeff() > 0);
    CHECK(values(coupling).maxCoeff() < 1);
    least = std::min(least, values(coupling).minCoeff());
  }
  CHECK(least < 0.2);  // 30 draws from [0, 1]: not from mu on
  CHECK(one.matrices[0] != one.matrices[1]);
  CHECK(quadratic_game<>::random(10, 3, 5, 1, 0.2, 1).matrices == one.matrices);
  CHECK(quadratic_game<>::random(10, 3, 6, 1, 0.2, 1).matrices != one.matrices);
}

TEST_CASE("quadratic_game: noise has its deviation and is a function of the sample") {
  auto game = quadratic_game<>::strongly_monotone(2, 2, 1);
  std::vector<double> const w{1, 2, 3, 4};
  auto const exact = field(game, w, {.worker = 1, .step = 1});
  game.noise = 0.5;
  sample const s{.seed = 1, .worker = 1, .step = 1};
  CHECK(field(game, w, s) == field(game, w, s));
  for (sample const other : {sample{2, 1, 1, 0}, sample{1, 1, 2, 0}, sample{1, 1, 1, 1}})
    CHECK(field(game, w, s) != field(game, w, other));
  std::vector<double> sum(4), squares(4);
  int const steps = 4000;
  for (int step = 1; step <= steps; ++step) {
    auto const g = field(game, w, {.seed = 1, .worker = 1, .step = step});
    for (std::size_t i = 0; i < 4; ++i) {
      sum[i] += g[i] - exact[i];
      squares[i] += (g[i] - exact[i]) * (g[i] - exact[i]);
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(std::abs(sum[i] / steps) < 4 * 0.5 / std::sqrt(steps));
    CHECK(std::sqrt(squares[i] / steps) == doctest::Approx(0.5).epsilon(0.05));
  }
  std::vector<double> const x{1, 2}, y{3, 4};
  std::vector<double> gx(2), gy(2);
  game.gradient({x, y}, s, {gx, gy}, player::max);
  auto const whole = field(game, w, s);
  CHECK(gy == std::vector<double>{whole[2], whole[3]});
}

TEST_CASE("quadratic_game: a game by hand whose parts do not fit is refused, before anything is read") {
  auto const good = quadratic_game<>::strongly_monotone(2, 3, 1);
  std::vector<double> x(2), y(2), p(2), q(2), longer(3);
  auto const refuses = [&](auto const& change, int worker = 0) {
    auto game = good;
    change(game);
    CHECK_THROWS_AS(game.initial(1, {x, y}), std::invalid_argument);
    CHECK_THROWS_AS(game.identity(), std::invalid_argument);
    CHECK_THROWS_AS(game.solution(), std::invalid_argument);
    if (worker >= 0)
      CHECK_THROWS_AS(game.gradient({x, y}, {.worker = worker, .step = 1}, {p, q}), std::invalid_argument);
  };
  refuses([](auto& g) { g.offsets.pop_back(); });
  refuses([](auto& g) { g.offsets.clear(); });
  refuses([](auto& g) { g.matrices.clear(); });
  refuses([](auto& g) { g.matrices[1].conservativeResize(4, 3); }, 1);
  refuses([](auto& g) { g.matrices[2].conservativeResize(2, 2); }, 2);
  refuses([](auto& g) { g.offsets[1].conservativeResize(3); }, 1);
  refuses([](auto& g) { g.extents = {2, 3}; });
  refuses([](auto& g) { g.extents = {-2, 6}; });
  refuses([](auto& g) { g.noise = -1; }, -1);
  refuses([](auto& g) { g.noise = std::numeric_limits<double>::quiet_NaN(); }, -1);
  refuses([](auto& g) { g.matrices[0](1, 1) = std::numeric_limits<double>::infinity(); }, -1);
  CHECK_THROWS_AS(good.initial(1, {x, longer}), std::invalid_argument);
  CHECK_THROWS_AS(good.gradient({longer, y}, {.step = 1}, {p, q}), std::invalid_argument);
  CHECK_THROWS_AS(good.gradient({x, y}, {.step = 1}, {p, longer}, player::max), std::invalid_argument);
  for (int const worker : {-1, 3})
    CHECK_THROWS_AS(good.gradient({x, y}, {.worker = worker, .step = 1}, {p, q}), std::invalid_argument);
}

TEST_CASE("quadratic_game: a full batch is without the noise") {
  static_assert(gives_full_batches<quadratic_game<>>);
  auto game = quadratic_game<>::strongly_monotone(2, 3, 1);
  std::vector<double> const x{1, -2}, y{0.5, 3};
  std::vector<double> full_x(2), full_y(2), exact_x(2), exact_y(2);
  game.gradient({x, y}, {.worker = 1, .step = 4}, {exact_x, exact_y});
  game.noise = 0.5;
  game.gradient({x, y}, {.worker = 1, .step = 4, .draw = full_batch}, {full_x, full_y});
  CHECK(full_x == exact_x);
  CHECK(full_y == exact_y);
  game.gradient({x, y}, {.worker = 1, .step = 4}, {full_x, full_y});
  CHECK(full_x != exact_x);
}
