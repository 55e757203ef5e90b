#include "saddle/metric/nearest_neighbour.hpp"

#include "../flawed_samples.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "saddle/data/digits.hpp"

using namespace saddle;

TEST_CASE("nearest_neighbour: by hand, the first of equals") {
  samples const labelled{.count = 3, .shape = {1, 2, 1}, .values = {0, 0, 2, 0, 0, 2}, .labels = {5, 6, 7}};
  samples const others{.count = 4, .shape = {1, 2, 1}, .values = {1.1f, 0, 1, 0, 0, 9, 1, 1}};
  CHECK(nearest_neighbour_classes(labelled, others) == std::vector<std::uint8_t>{6, 5, 7, 5});
}

TEST_CASE("nearest_neighbour: one half of the digits recognizes the other") {
  auto const digits = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  samples half[2] = {{.shape = digits.shape}, {.shape = digits.shape}};
  for (int i = 0; i < digits.count; ++i) {
    auto& h = half[i % 2];
    h.values.insert(h.values.end(), digits[i].begin(), digits[i].end());
    h.labels.push_back(digits.labels[static_cast<std::size_t>(i)]);
    ++h.count;
  }
  auto const classes = nearest_neighbour_classes(half[0], half[1]);
  int right = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) right += classes[i] == half[1].labels[i];
  CHECK(right > 0.97 * half[1].count);
}

TEST_CASE("nearest_neighbour: labels are needed, and one shape") {
  samples const labelled{.count = 1, .shape = {1, 2, 1}, .values = {0, 0}, .labels = {5}};
  samples const bare{.count = 1, .shape = {1, 2, 1}, .values = {0, 0}};
  samples const wide{.count = 1, .shape = {1, 3, 1}, .values = {0, 0, 0}};
  CHECK_THROWS_AS(nearest_neighbour_classes(bare, labelled), std::invalid_argument);
  CHECK_THROWS_AS(nearest_neighbour_classes(labelled, wide), std::invalid_argument);
}

TEST_CASE("nearest_neighbour: sets that are not whole are refused on either side") {
  samples const good{.count = 2, .shape = {1, 2, 1}, .values = {1, 2, 3, 4}, .labels = {5, 6}};
  CHECK(nearest_neighbour_classes(good, good) == std::vector<std::uint8_t>{5, 6});
  for (samples const& s : test::flawed(good)) {
    CHECK_THROWS_AS(nearest_neighbour_classes(s, good), std::invalid_argument);
    CHECK_THROWS_AS(nearest_neighbour_classes(good, s), std::invalid_argument);
  }
  auto column = good;
  column.shape = {2, 1, 1};
  CHECK_THROWS_AS(nearest_neighbour_classes(good, column), std::invalid_argument);
  CHECK(nearest_neighbour_classes(good, {.count = 0, .shape = {1, 2, 1}}).empty());
}
