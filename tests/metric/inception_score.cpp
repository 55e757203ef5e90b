#include "saddle/metric/inception_score.hpp"

#include "../flawed_samples.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "saddle/core/counter_rng.hpp"

using namespace saddle;

namespace {

samples rows(int classes, std::vector<float> values) {
  return {.count = static_cast<int>(values.size()) / classes, .shape = {1, classes, 1}, .values = std::move(values)};
}

/// `each` samples of each of the first `used` of ten classes, in turn, with probability 1.
samples certain(int used, int each) {
  samples s{.count = used * each, .shape = {1, 10, 1}};
  for (int i = 0; i < s.count; ++i)
    for (int c = 0; c < 10; ++c) s.values.push_back(c == i % used ? 1.0f : 0.0f);
  return s;
}

}  // namespace

TEST_CASE("inception_score: closed forms") {
  // All alike, certain or not: 1. Certain and balanced over k classes: k.
  CHECK(inception_score(rows(4, std::vector<float>(20, 0.25f))).mean == doctest::Approx(1).epsilon(1e-12));
  CHECK(inception_score(rows(2, {0.75f, 0.25f, 0.75f, 0.25f})).mean == doctest::Approx(1).epsilon(1e-12));
  for (int k : {1, 2, 7, 10}) CHECK(inception_score(certain(k, 3)).mean == doctest::Approx(k).epsilon(1e-12));
  // Two mirrored ones: KL((p, q) || (1/2, 1/2)) = log 2 + p log p + q log q.
  double const p = 0.875, q = 0.125;
  CHECK(inception_score(rows(2, {0.875f, 0.125f, 0.125f, 0.875f})).mean ==
        doctest::Approx(2 * std::pow(p, p) * std::pow(q, q)).epsilon(1e-12));
  // Certain with shares f of the classes: exp of the entropy of f.
  CHECK(inception_score(rows(2, {1, 0, 1, 0, 1, 0, 0, 1})).mean ==
        doctest::Approx(std::pow(0.75, -0.75) * std::pow(0.25, -0.25)).epsilon(1e-12));
}

TEST_CASE("inception_score: splits are scored alone") {
  // Three parts of 5, 5 and 6 of these 16: two certain classes in the first, one in the others.
  std::vector<float> values;
  for (int i = 0; i < 16; ++i) values.insert(values.end(), {i < 2 ? 1.0f : 0.0f, i < 2 ? 0.0f : 1.0f});
  double const first = std::pow(0.4, -0.4) * std::pow(0.6, -0.6);
  auto const score = inception_score(rows(2, values), 3);
  CHECK(score.mean == doctest::Approx((first + 2) / 3).epsilon(1e-12));
  CHECK(score.deviation == doctest::Approx((first - 1) * std::sqrt(2.0) / 3).epsilon(1e-9));
  CHECK(inception_score(rows(2, values)).deviation == 0);
  // A sample alone says nothing of the others.
  CHECK(inception_score(certain(4, 1), 4).mean == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("inception_score: between 1 and the number of classes, in any order of the samples and classes") {
  random_sequence random({.seed = 2, .use = purpose::evaluation});
  for (int trial = 0; trial < 50; ++trial) {
    samples s{.count = 12, .shape = {1, 5, 1}}, turned = s;
    std::vector<std::vector<float>> all;
    for (int i = 0; i < s.count; ++i) {
      std::vector<float> p;
      float sum = 0;
      for (int c = 0; c < 5; ++c) sum += p.emplace_back(static_cast<float>(std::exp(4 * random.normal())));
      for (float& v : p) v /= sum;
      all.push_back(p);
    }
    for (auto const& p : all) s.values.insert(s.values.end(), p.begin(), p.end());
    for (auto p = all.rbegin(); p != all.rend(); ++p) turned.values.insert(turned.values.end(), p->rbegin(), p->rend());
    double const score = inception_score(s).mean;
    CHECK(score >= 1 - 1e-9);
    CHECK(score <= 5 + 1e-9);
    CHECK(inception_score(turned).mean == doctest::Approx(score).epsilon(1e-12));
  }
}

TEST_CASE("inception_score: what is no distribution is refused, what is not a number stays so") {
  CHECK_THROWS_AS(inception_score(rows(2, {0.5f, 0.4f})), std::invalid_argument);
  CHECK_THROWS_AS(inception_score(rows(2, {1.5f, -0.5f})), std::invalid_argument);
  CHECK_THROWS_AS(inception_score(rows(2, {})), std::invalid_argument);
  CHECK_THROWS_AS(inception_score(certain(2, 1), 3), std::invalid_argument);
  CHECK_THROWS_AS(inception_score(certain(2, 1), 0), std::invalid_argument);
  float const nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(inception_score(rows(2, {nan, nan, 1, 0})).mean));
}

TEST_CASE("inception_score: probabilities that are not one a class and sample are refused") {
  samples const good{.count = 3, .shape = {1, 2, 1}, .values = {1, 0, 0.5f, 0.5f, 0, 1}};
  CHECK_NOTHROW(inception_score(good));
  for (samples const& s : test::flawed(good)) CHECK_THROWS_AS(inception_score(s), std::invalid_argument);
  CHECK_THROWS_AS(inception_score({.count = 0, .shape = {1, 2, 1}}), std::invalid_argument);
}
