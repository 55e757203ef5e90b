#include "saddle/problem/distributionally_robust.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "../parabolas.hpp"
#include "saddle/problem/classifier.hpp"

namespace distributionally_robust_tests {

using namespace saddle;
using vector = std::vector<double>;
using robust = distributionally_robust<test::parabolas>;

static_assert(problem<robust> && splits_by_player<robust> && gives_full_batches<robust>);
static_assert(!names_its_tensors<robust> && !has_buffers<robust> && !binds_weights<robust>);
using robust_classifier = distributionally_robust<classifier<double>>;
static_assert(problem<robust_classifier> && names_its_tensors<robust_classifier>);
static_assert(!gives_full_batches<robust_classifier>);

namespace {

/// The mean over the workers of F, by finite differences of what the header says of f.
template <class P>
void is_the_gradient(P const& p, vector const& at, double tolerance) {
  auto const n = static_cast<std::size_t>(p.sizes().min), all = static_cast<std::size_t>(p.workers());
  auto const split = [&](vector const& w) {
    return point<double const>{{w.data(), n}, {w.data() + n, all}};
  };
  auto const f = [&](vector const& w) {
    double sum = 0;
    for (std::size_t m = 0; m < all; ++m) {
      double const lambda = w[n + m], share = p.shares.empty() ? 1.0 / static_cast<double>(all) : p.shares[m];
      sum += lambda * p.losses.loss({split(w).min, {}}, {.seed = 3, .worker = static_cast<int>(m), .step = 2}) -
             p.regularization * (lambda - share) * (lambda - share) / 2;
    }
    return sum;
  };
  vector mean(n + all), one(n + all);
  for (int m = 0; m < p.workers(); ++m) {
    p.gradient(split(at), {.seed = 3, .worker = m, .step = 2}, {{one.data(), n}, {one.data() + n, all}});
    for (std::size_t i = 0; i < one.size(); ++i) mean[i] += one[i] / static_cast<double>(all);
    for (std::size_t j = 0; j < all; ++j)
      if (j != static_cast<std::size_t>(m)) CHECK(one[n + j] == 0);
  }
  for (std::size_t i = 0; i < at.size(); ++i) {
    double const d = 1e-5;
    vector up = at, down = at;
    up[i] += d;
    down[i] -= d;
    double const slope = (f(up) - f(down)) / (2 * d);
    CHECK(mean[i] == doctest::Approx(i < n ? slope : -slope).epsilon(tolerance));
  }
}

}  // namespace

TEST_CASE("distributionally_robust: the mean over the workers is the gradient of the weighted losses") {
  vector const at{0.3, -0.5, 0.2, 0.7, 0.1};
  is_the_gradient(robust{{.dimension = 2, .noise = 0.4}}, at, 1e-8);
  is_the_gradient(robust{{.dimension = 2, .noise = 0.4}, 0.7, {0.5, 0.3, 0.2}}, at, 1e-8);
}

TEST_CASE("distributionally_robust: of a classifier, whose tensors are the losses' and the weights") {
  samples const data{.count = 6, .shape = {1, 2, 1}, .values = {0, 1, 1, 0, 2, 1, 1, 2, 0, 0, 3, 1},
                     .labels = {0, 1, 0, 1, 1, 0}};
  robust_classifier const p{classifier<double>(data, {.hidden = {3}, .batch = 2, .workers = 3}), 0.5};
  CHECK(p.tensors(player::max) == std::vector<tensor>{{3, 1}});
  CHECK(p.tensors(player::min) == p.losses.tensors(player::min));
  auto const n = static_cast<std::size_t>(p.sizes().min);
  vector at(n + 3);
  p.initial(1, {{at.data(), n}, {at.data() + n, 3}});
  CHECK(vector(at.begin() + static_cast<std::ptrdiff_t>(n), at.end()) == vector(3, 1.0 / 3));
  for (std::size_t i = 0; i < n; ++i) at[i] += 0.013 * static_cast<double>(1 + i % 7);
  is_the_gradient(p, at, 1e-6);
}

TEST_CASE("distributionally_robust: it begins with the shares, and refuses what are none") {
  auto const begins = [](robust const& p) {
    vector x(1, 9), lambda(3, 9);
    p.initial(1, {x, lambda});
    CHECK(x == vector{0});
    return lambda;
  };
  CHECK(begins({}) == vector(3, 1.0 / 3));
  CHECK(begins({{}, 0, {0.5, 0.25, 0.25}}) == vector{0.5, 0.25, 0.25});
  CHECK_THROWS_WITH_AS(begins({{}, 0, {0.5, 0.5}}), doctest::Contains("2 shares for 3 workers"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(begins({{}, 0, {0.5, 0.5, 0.5}}), doctest::Contains("sum to 1"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(begins({{}, 0, {1.5, -0.5, 0}}), doctest::Contains("not negative"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(begins({{}, -1}), doctest::Contains("regularization"), std::invalid_argument);
  CHECK(robust{}.identity() != robust{{}, 1}.identity());
  CHECK(robust{}.identity() != robust{{}, 0, {0.5, 0.25, 0.25}}.identity());
}

}  // namespace distributionally_robust_tests
