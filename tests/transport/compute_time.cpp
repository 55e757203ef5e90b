#include "saddle/transport/compute_time.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace saddle;

namespace {
/// Of 100 workers, 100 steps and both phases.
std::vector<double> draws(compute_time const& c, std::uint64_t seed = 1) {
  std::vector<double> all;
  for (int worker = 0; worker < 100; ++worker)
    for (int step = 1; step <= 100; ++step)
      for (int phase = 0; phase < 2; ++phase) all.push_back(c.seconds(seed, worker, step, phase));
  return all;
}
double mean(std::vector<double> const& v) {
  double sum = 0;
  for (double const x : v) sum += x;
  return sum / static_cast<double>(v.size());
}
}  // namespace

TEST_CASE("compute times have the mean and the bounds of their distribution") {
  struct expected {
    compute_time time;
    double mean, deviation, least, most;
  };
  double const forever = std::numeric_limits<double>::infinity(), s = 0.5;
  for (expected const& e : {
           expected{compute_time::constant(0.25), 0.25, 0, 0.25, 0.25},
           expected{compute_time::uniform(1, 3), 2, 2 / std::sqrt(12.0), 1, 3},
           expected{compute_time::exponential(1, 2), 3, 2, 1, forever},
           expected{compute_time::lognormal(1, 2, s), 1 + 2 * std::exp(s * s / 2),
                    2 * std::exp(s * s / 2) * std::sqrt(std::exp(s * s) - 1), 1, forever},
       }) {
    e.time.check();
    std::vector<double> const all = draws(e.time);
    CHECK(std::abs(mean(all) - e.mean) <= 5 * e.deviation / std::sqrt(static_cast<double>(all.size())));
    CHECK(*std::ranges::min_element(all) >= e.least);
    CHECK(*std::ranges::max_element(all) <= e.most);
  }
}

TEST_CASE("half of the lognormal times lie below the median") {
  std::vector<double> const all = draws(compute_time::lognormal(0, 2, 1));
  auto const below = static_cast<double>(std::ranges::count_if(all, [](double x) { return x < 2; }));
  double const n = static_cast<double>(all.size());
  CHECK(std::abs(below - n / 2) <= 5 * std::sqrt(n) / 2);
}

TEST_CASE("a compute time is a function of the seed, the worker, the step and the phase") {
  auto const c = compute_time::exponential(0, 1);
  CHECK(draws(c) == draws(c));
  std::vector<double> all = draws(c, 1);
  std::ranges::copy(draws(c, 2), std::back_inserter(all));
  std::ranges::sort(all);
  CHECK(std::ranges::adjacent_find(all) == all.end());  // of 2^32 values, with these seeds
}

TEST_CASE("a number that a kind of compute times does not read is refused") {
  using shape = compute_time::shape;
  CHECK_THROWS_AS((compute_time{shape::constant, 1, 0.5}).check(), std::invalid_argument);
  CHECK_THROWS_AS((compute_time{shape::constant, 1, 0, 0.5}).check(), std::invalid_argument);
  CHECK_THROWS_AS((compute_time{shape::uniform, 1, 1, 0.5}).check(), std::invalid_argument);
  CHECK_THROWS_AS((compute_time{shape::exponential, 1, 1, 0.5}).check(), std::invalid_argument);
  for (auto const& c : {compute_time::constant(1), compute_time::uniform(1, 2), compute_time::exponential(1, 2),
                        compute_time::lognormal(1, 2, 3)})
    CHECK_NOTHROW(c.check());
}

TEST_CASE("compute times that are negative or not finite are refused") {
  CHECK_THROWS_AS(compute_time::constant(-1).check(), std::invalid_argument);
  CHECK_THROWS_AS(compute_time::uniform(2, 1).check(), std::invalid_argument);
  CHECK_THROWS_AS(compute_time::lognormal(0, 1, std::nan("")).check(), std::invalid_argument);
  CHECK_THROWS_AS(compute_time::exponential(0, std::numeric_limits<double>::infinity()).check(), std::invalid_argument);
}
