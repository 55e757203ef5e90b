#include "saddle/problem/bilinear.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace saddle;

TEST_CASE("bilinear: F is (A y, -A' x)") {
  bilinear<> const game{.extents = {2, 3}, .matrices = {{1, 2, 3, 4, 5, 6}, {0, 0, 1, 0, 0, 0}}};
  CHECK(game.sizes() == players{2, 3});
  CHECK(game.workers() == 2);
  std::vector<double> x{1, -1}, y{2, 0, 1}, gx(2), gy(3);
  game.gradient({x, y}, {.worker = 0}, {gx, gy});
  CHECK(gx == std::vector<double>{5, 14});
  CHECK(gy == std::vector<double>{3, 3, 3});
  game.gradient({x, y}, {.worker = 1}, {gx, gy});
  CHECK(gx == std::vector<double>{1, 0});
  CHECK(gy == std::vector<double>{0, 0, -1});
  std::vector<double> only(3, 7);
  game.gradient({x, y}, {.worker = 0}, {only, gy}, player::max);
  CHECK(only == std::vector<double>{7, 7, 7});
  CHECK(gy == std::vector<double>{3, 3, 3});
  int volatile third = 2;  // or gcc warns of what is refused
  CHECK_THROWS_AS(game.gradient({x, y}, {.worker = third}, {gx, gy}), std::invalid_argument);
}

TEST_CASE(
    "bilinear: one step of simultaneous descent grows by sqrt(1 + a^2), of the extragradient by its factor") {
  bilinear<> const game{.extents = {1, 1}, .matrices = {{1}}};
  double const eta = 0.1;
  std::vector<double> x{0.6}, y{0.8}, gx(1), gy(1);
  game.gradient({x, y}, {}, {gx, gy});
  std::vector<double> const hx{x[0] - eta * gx[0]}, hy{y[0] - eta * gy[0]};
  CHECK(std::hypot(hx[0], hy[0]) == doctest::Approx(1.004987562).epsilon(1e-9));
  game.gradient({hx, hy}, {}, {gx, gy});
  CHECK(std::hypot(x[0] - eta * gx[0], y[0] - eta * gy[0]) == doctest::Approx(0.995037688).epsilon(1e-9));
}

TEST_CASE("bilinear: random matrices are the identity plus noise, different on every worker") {
  auto const game = bilinear<>::random(40, 0.3, 4, 1);
  double diagonal = 0, squares = 0;
  for (auto const& a : game.matrices)
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t j = 0; j < 40; ++j) {
        double const noise = a[i * 40 + j] - (i == j ? 1 : 0);
        diagonal += i == j ? noise : 0;
        squares += noise * noise;
      }
  CHECK(std::abs(diagonal / 160) < 0.1);
  CHECK(std::sqrt(squares / 6400) == doctest::Approx(0.3).epsilon(0.03));
  CHECK(game.matrices[0] != game.matrices[1]);
  CHECK(bilinear<>::random(40, 0.3, 4, 1).matrices == game.matrices);
  CHECK(bilinear<>::random(40, 0.3, 4, 2).matrices != game.matrices);

  std::vector<double> x(40), y(40), again(40);
  game.initial(1, {x, y});
  CHECK(x != y);
  game.initial(1, {again, y});
  CHECK(again == x);
  game.initial(2, {again, y});
  CHECK(again != x);
}

TEST_CASE("bilinear: a game by hand whose parts do not fit is refused, before anything is read") {
  auto const good = bilinear<>::random(2, 0.1, 3, 1);
  std::vector<double> x(2), y(2), p(2), q(2), longer(3);
  auto const refuses = [&](auto const& change, int worker = 0) {
    auto game = good;
    change(game);
    CHECK_THROWS_AS(game.initial(1, {x, y}), std::invalid_argument);
    CHECK_THROWS_AS(game.identity(), std::invalid_argument);
    if (worker >= 0)
      CHECK_THROWS_AS(game.gradient({x, y}, {.worker = worker, .step = 1}, {p, q}), std::invalid_argument);
  };
  refuses([](auto& g) { g.matrices.clear(); });
  refuses([](auto& g) { g.matrices[0].pop_back(); });
  refuses([](auto& g) { g.matrices[2].clear(); }, 2);
  refuses([](auto& g) { g.extents = {2, 3}; });
  refuses([](auto& g) { g.extents = {-2, -2}; });
  refuses([](auto& g) { g.matrices[0][3] = std::numeric_limits<double>::quiet_NaN(); }, -1);
  CHECK_THROWS_AS(good.initial(1, {longer, y}), std::invalid_argument);
  CHECK_THROWS_AS(good.gradient({x, longer}, {.step = 1}, {p, q}), std::invalid_argument);
  CHECK_THROWS_AS(good.gradient({x, y}, {.step = 1}, {longer, q}, player::min), std::invalid_argument);
  CHECK_THROWS_AS(good.gradient({x, y}, {.worker = 3, .step = 1}, {p, q}), std::invalid_argument);
}
