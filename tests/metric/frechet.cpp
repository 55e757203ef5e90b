#include "saddle/metric/frechet.hpp"

#include "../flawed_samples.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "saddle/core/counter_rng.hpp"
#include "saddle/data/digits.hpp"

using namespace saddle;

TEST_CASE("frechet: closed forms") {
  Eigen::VectorXd const zero = Eigen::VectorXd::Zero(3);
  // Diagonal covariances commute: |m|^2 + sum (sqrt a - sqrt b)^2.
  gaussian_moments const a{zero, Eigen::Vector3d(4, 9, 0).asDiagonal()};
  gaussian_moments const b{Eigen::Vector3d(1, -2, 0.5), Eigen::Vector3d(1, 16, 25).asDiagonal()};
  CHECK(frechet_distance(a, b) == doctest::Approx(5.25 + 1 + 1 + 25).epsilon(1e-12));
  CHECK(frechet_distance(b, a) == doctest::Approx(32.25).epsilon(1e-12));

  // In two dimensions tr (AB)^(1/2) = sqrt(tr AB + 2 sqrt(det AB)), also where A and B do not commute.
  Eigen::Matrix2d const p = (Eigen::Matrix2d() << 2, 1, 1, 3).finished(),
                        q = (Eigen::Matrix2d() << 5, -2, -2, 1).finished();
  double const expected =
      p.trace() + q.trace() - 2 * std::sqrt((p * q).trace() + 2 * std::sqrt((p * q).determinant()));
  CHECK(frechet_distance({Eigen::Vector2d::Zero(), p}, {Eigen::Vector2d::Zero(), q}) ==
        doctest::Approx(expected).epsilon(1e-12));
  CHECK(frechet_distance({Eigen::Vector2d::Zero(), q}, {Eigen::Vector2d::Zero(), p}) ==
        doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("frechet: moments of a set by hand") {
  samples const s{.count = 3, .shape = {1, 2, 1}, .values = {1, 0, 2, 0, 6, 3}};
  auto const m = moments(s);
  CHECK(m.mean.isApprox(Eigen::Vector2d(3, 1)));
  CHECK(m.covariance.isApprox((Eigen::Matrix2d() << 7, 4.5, 4.5, 3).finished()));
  CHECK(frechet_distance(s, s) < 1e-12);
  auto moved = s;
  for (float& v : moved.values) v += 2;
  CHECK(frechet_distance(s, moved) == doctest::Approx(8));
}

TEST_CASE("frechet: halves of the digits are near, noise is far") {
  auto const digits = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  samples half[2] = {{.shape = digits.shape}, {.shape = digits.shape}};
  for (int i = 0; i < digits.count; ++i) {
    auto& h = half[i % 2];
    h.values.insert(h.values.end(), digits[i].begin(), digits[i].end());
    ++h.count;
  }
  auto noise = digits;
  random_sequence random({.seed = 1, .use = purpose::evaluation});
  for (float& v : noise.values) v = static_cast<float>(random.uniform());
  CHECK(frechet_distance(half[0], half[1]) == doctest::Approx(0.0705).epsilon(0.01));
  CHECK(frechet_distance(digits, noise) == doctest::Approx(9.88).epsilon(0.01));
  CHECK(frechet_distance(digits, digits) < 1e-6);  // some pixels are constant: singular covariances
}

TEST_CASE("frechet: too few samples and other sizes are refused") {
  samples const one{.count = 1, .shape = {1, 2, 1}, .values = {1, 2}};
  samples const two{.count = 2, .shape = {1, 2, 1}, .values = {1, 2, 3, 4}};
  samples const wide{.count = 2, .shape = {1, 3, 1}, .values = {1, 2, 3, 4, 5, 6}};
  CHECK_THROWS_AS(frechet_distance(two, one), std::invalid_argument);
  CHECK_THROWS_AS(frechet_distance(two, wide), std::invalid_argument);
}

TEST_CASE("frechet: samples and moments that are not whole are refused") {
  samples const three{.count = 3, .shape = {1, 2, 1}, .values = {1, 2, 3, 4, 5, 7}};
  for (samples const& s : test::flawed(three)) {
    CHECK_THROWS_AS(moments(s), std::invalid_argument);
    CHECK_THROWS_AS(frechet_distance(three, s), std::invalid_argument);
    CHECK_THROWS_AS(frechet_distance(s, three), std::invalid_argument);
  }
  samples const column{.count = 3, .shape = {2, 1, 1}, .values = {1, 2, 3, 4, 5, 7}};  // as many numbers a sample
  CHECK_THROWS_WITH_AS(frechet_distance(three, column), "frechet_distance: both sets have samples of one shape",
                       std::invalid_argument);
  auto const good = moments(three);
  auto narrow = good, flat = good, longer = good;
  narrow.covariance.conservativeResize(1, 1);
  flat.covariance.conservativeResize(2, 1);
  longer.mean.conservativeResize(3);
  for (gaussian_moments const& m : {narrow, flat, longer, gaussian_moments{}}) {
    CHECK_THROWS_AS(frechet_distance(good, m), std::invalid_argument);
    CHECK_THROWS_AS(frechet_distance(m, good), std::invalid_argument);
    CHECK_THROWS_AS(frechet_distance(m, m), std::invalid_argument);
  }
}

TEST_CASE("frechet: of samples that are not finite the distance is not finite") {
  samples const good{.count = 3, .shape = {1, 2, 1}, .values = {1, 2, 3, 4, 5, 7}};
  for (float const v : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto s = good;
    s.values[3] = v;
    CHECK_FALSE(std::isfinite(frechet_distance(s, good)));
    CHECK_FALSE(std::isfinite(frechet_distance(good, s)));
  }
}
