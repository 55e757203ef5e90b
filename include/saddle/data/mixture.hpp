#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/samples.hpp"

SADDLE_NAMESPACE_BEGIN

/// Equally likely round normal distributions in the plane.
struct mixture {
  std::vector<std::array<double, 2>> centres = {};
  double deviation = 0;  // along either axis

  /// `count` points; the label is the index of the centre.
  /// errors  std::invalid_argument: no points, not 1 to 256 centres, what is not finite, a negative deviation
  samples draw(int count, std::uint64_t seed) const {
    expects(count > 0 && !centres.empty() && centres.size() <= 256,
            [] { return "mixture: it draws one point or more, from 1 to 256 centres"; });
    expects(deviation >= 0 && std::isfinite(deviation),
            [] { return "mixture: the deviation is finite and not negative"; });
    for (auto const& c : centres)
      expects(std::isfinite(c[0]) && std::isfinite(c[1]), [] { return "mixture: the centres are finite"; });
    samples out{.count = count, .shape = {1, 2, 1}};
    random_sequence random({.seed = seed, .use = purpose::data_order});
    for (int i = 0; i < count; ++i) {
      std::uint32_t const c = random.below(static_cast<std::uint32_t>(centres.size()));
      for (double const at : centres[c])
        out.values.push_back(static_cast<float>(at + deviation * random.normal()));
      out.labels.push_back(static_cast<std::uint8_t>(c));
    }
    return out;
  }
};

/// Eight centres on a circle of radius 2, deviation 0.02, all divided by sqrt(2): each coordinate has
/// variance 1.
inline mixture ring8() {
  mixture m{.deviation = 0.02 / std::numbers::sqrt2};
  for (int j = 0; j < 8; ++j) {
    double const angle = j * std::numbers::pi / 4;
    m.centres.push_back({std::numbers::sqrt2 * std::cos(angle), std::numbers::sqrt2 * std::sin(angle)});
  }
  return m;
}

/// Centres 2 (i, j) for i, j in -2 ... 2, deviation 0.05, all divided by 2 sqrt(2): each coordinate has
/// variance 1.
inline mixture grid25() {
  mixture m{.deviation = 0.05 / (2 * std::numbers::sqrt2)};
  for (int i = -2; i <= 2; ++i)
    for (int j = -2; j <= 2; ++j) m.centres.push_back({i / std::numbers::sqrt2, j / std::numbers::sqrt2});
  return m;
}

SADDLE_NAMESPACE_END
