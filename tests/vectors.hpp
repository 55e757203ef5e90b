#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

#include "saddle/core/players.hpp"

namespace test {

using vector = std::vector<double>;

/// Both players' coordinates, the minimizing one's first.
inline vector joined(saddle::point<double const> w) {
  vector all(w.min.begin(), w.min.end());
  all.insert(all.end(), w.max.begin(), w.max.end());
  return all;
}
inline double distance(vector const& a, vector const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

}  // namespace test
