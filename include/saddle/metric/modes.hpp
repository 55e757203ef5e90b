#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/samples.hpp"

SADDLE_NAMESPACE_BEGIN

struct mode_score {
  int covered = 0;  // modes that have their share of the samples
  double good = 0;  // share of the samples that belong to a mode
};

/// Which centres of a mixture in the plane generated points cover.
///
/// A point is good if it lies within 3 deviations of its nearest centre (the first of equals); a mode is
/// covered if at least `least` of all points are good points of it.
///
/// errors  std::invalid_argument where the samples are not points in the plane, or there are none; for centres that are
///         not finite, a negative deviation, a share above 1
inline mode_score modes(samples const& points, std::span<std::array<double, 2> const> centres,
                        double deviation, double least = 0.02) {
  expect_whole(points, "modes");
  expects(points.count > 0 && points.shape.size() == 2 && !centres.empty(),
          "modes: takes points in the plane, and centres");
  for (auto const& c : centres)
    expects(is_finite(c[0]) && is_finite(c[1]), "modes: the centres are finite");
  expects(deviation >= 0 && is_finite(deviation), "modes: the deviation is finite and not negative");
  expects(least >= 0 && least <= 1, "modes: the least share is from 0 to 1");
  std::vector<int> good(centres.size());
  for (int i = 0; i < points.count; ++i) {
    double nearest = std::numeric_limits<double>::max();
    std::size_t mode = 0;
    for (std::size_t c = 0; c < centres.size(); ++c) {
      double const away = std::hypot(static_cast<double>(points[i][0]) - centres[c][0],
                                     static_cast<double>(points[i][1]) - centres[c][1]);
      if (away < nearest) nearest = away, mode = c;
    }
    good[mode] += nearest <= 3 * deviation;  // a point that is not finite is near no centre
  }
  mode_score score;
  for (int const n : good) {
    score.covered += n > 0 && n >= least * points.count;
    score.good += n;
  }
  score.good /= points.count;
  return score;
}

SADDLE_NAMESPACE_END
