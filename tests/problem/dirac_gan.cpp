#include "saddle/problem/dirac_gan.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <complex>
#include <stdexcept>
#include <vector>

namespace {

using namespace saddle;

std::array<double, 2> field(dirac_gan<> const& gan, double theta, double psi) {
  std::array<double, 2> g{};
  std::array<double, 2> const w{theta, psi};
  std::span<double> const out{g};
  std::span<double const> const at{w};
  gan.gradient({at.first(1), at.last(1)}, {.step = 1}, {out.first(1), out.last(1)});
  return g;
}

/// Both eigenvalues of the Jacobian of F at 0, by central differences.
std::array<std::complex<double>, 2> eigenvalues(dirac_gan<> const& gan) {
  double const h = 1e-5;
  auto const up0 = field(gan, h, 0), down0 = field(gan, -h, 0), up1 = field(gan, 0, h),
             down1 = field(gan, 0, -h);
  double const a = (up0[0] - down0[0]) / (2 * h), c = (up0[1] - down0[1]) / (2 * h);
  double const b = (up1[0] - down1[0]) / (2 * h), d = (up1[1] - down1[1]) / (2 * h);
  std::complex<double> const root = std::sqrt(std::complex<double>((a - d) * (a - d) / 4 + b * c));
  return {(a + d) / 2 + root, (a + d) / 2 - root};
}

}  // namespace

TEST_CASE("dirac_gan: the fields at a point") {
  double const s = 1 / (1 + std::exp(6.0)),
               mirrored = 1 / (1 + std::exp(-6.0));  // s(-psi theta), s(psi theta)
  CHECK(field({.loss = gan_loss::saturating}, 2, 3)[0] == doctest::Approx(3 * s));
  CHECK(field({.loss = gan_loss::non_saturating}, 2, 3)[0] == doctest::Approx(3 * mirrored));
  CHECK(field({.loss = gan_loss::wasserstein}, 2, 3)[0] == 3);
  for (gan_loss const loss : {gan_loss::saturating, gan_loss::non_saturating})
    CHECK(field({.loss = loss, .r1 = 0.5}, 2, 3)[1] == doctest::Approx(-2 * s + 1.5));
  CHECK(field({.loss = gan_loss::wasserstein, .r1 = 0.5}, 2, 3)[1] == -0.5);
  CHECK(field({}, 1e3, 1e3)[0] == 0);  // no overflow
  CHECK(field({}, 1e3, -1e3)[0] == -1e3);
}

TEST_CASE("dirac_gan: eigenvalues at the equilibrium") {
  for (auto const& [loss, quarter] :
       {std::pair{gan_loss::saturating, 0.25}, std::pair{gan_loss::non_saturating, 0.25},
        std::pair{gan_loss::wasserstein, 1.0}})
    for (double const r1 : {0.0, 0.3, 3.0}) {
      CHECK(field({.loss = loss, .r1 = r1}, 0, 0) == std::array<double, 2>{0, 0});
      auto const found = eigenvalues({.loss = loss, .r1 = r1});
      auto const root = std::sqrt(std::complex<double>(r1 * r1 / 4 - quarter));
      CHECK(std::abs(found[0] - (r1 / 2 + root)) < 1e-8);
      CHECK(std::abs(found[1] - (r1 / 2 - root)) < 1e-8);
    }
}

TEST_CASE(
    "dirac_gan: simultaneous descent from (1, 1) leaves the equilibrium without R1 and reaches it with R1") {
  for (auto const& [r1, converges] : {std::pair{0.0, false}, std::pair{1.0, true}}) {
    dirac_gan<> const gan{.r1 = r1};
    std::vector<double> theta(1), psi(1);
    gan.initial(7, {theta, psi});
    CHECK(theta[0] == 1);
    CHECK(psi[0] == 1);
    for (int step = 0; step < 500; ++step) {
      auto const g = field(gan, theta[0], psi[0]);
      theta[0] -= 0.2 * g[0], psi[0] -= 0.2 * g[1];
    }
    double const away = std::hypot(theta[0], psi[0]);
    CHECK((converges ? away < 1e-10 : away > std::sqrt(2.0)));
  }
}

TEST_CASE("dirac_gan: one player's part is that of the whole") {
  dirac_gan<> const gan{.r1 = 0.1};
  std::vector<double> const theta{0.4}, psi{-0.7};
  std::vector<double> gt{9}, gp{9};
  gan.gradient({theta, psi}, {}, {gt, gp}, player::min);
  CHECK(gt[0] == field(gan, 0.4, -0.7)[0]);
  CHECK(gp[0] == 9);
}

TEST_CASE("dirac_gan: spans of another size and a weight that is none are refused") {
  std::vector<double> one(1), none, two(2), p(1), q(1);
  dirac_gan<> const gan;
  CHECK_THROWS_AS(gan.initial(1, {one, none}), std::invalid_argument);
  CHECK_THROWS_AS(gan.gradient({none, one}, {}, {p, q}), std::invalid_argument);
  CHECK_THROWS_AS(gan.gradient({one, one}, {}, {p, two}, player::max), std::invalid_argument);
  CHECK_THROWS_AS(dirac_gan<>{.r1 = -1}.initial(1, {p, q}), std::invalid_argument);
}
