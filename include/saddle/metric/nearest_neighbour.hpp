#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/samples.hpp"

SADDLE_NAMESPACE_BEGIN

/// The class of the nearest labelled sample (Euclidean; the first of equals) for each of the others.
///
/// errors  std::invalid_argument where labels are missing or the shapes differ
inline std::vector<std::uint8_t> nearest_neighbour_classes(samples const& labelled, samples const& others) {
  expect_whole(labelled, "nearest_neighbour_classes");
  expect_whole(others, "nearest_neighbour_classes");
  expects(labelled.count > 0 && !labelled.labels.empty(),
          "nearest_neighbour_classes: takes samples with labels");
  expects(labelled.shape == others.shape,
          "nearest_neighbour_classes: both sets have samples of one shape");
  std::vector<std::uint8_t> classes;
  for (int i = 0; i < others.count; ++i) {
    float nearest = std::numeric_limits<float>::max();
    int found = 0;
    for (int j = 0; j < labelled.count; ++j) {
      float squared = 0;
      for (std::size_t v = 0; v < others[i].size(); ++v) {
        float const d = others[i][v] - labelled[j][v];
        squared += d * d;
      }
      if (squared < nearest) nearest = squared, found = j;
    }
    classes.push_back(labelled.labels[static_cast<std::size_t>(found)]);
  }
  return classes;
}

SADDLE_NAMESPACE_END
