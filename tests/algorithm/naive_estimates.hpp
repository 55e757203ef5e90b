#pragma once
// Plain loops for methods whose workers estimate: rows are workers, coordinates 0 to 9 the minimizing player's.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../heterogeneous.hpp"
#include "../train/game.hpp"
#include "loops.hpp"

namespace test {

using rows = loops::vectors;
using loops::averaged, loops::fields;

/// The mean over so many samples.
inline rows mean_fields(heterogeneous_game const& game, rows const& at, std::int64_t step, int samples) {
  rows sum(at.size(), vector(heterogeneous_game::d));
  for (int n = 0; n < samples; ++n) {
    rows const one = fields(game, at, step, saddle::large_batch::first_draw + n);
    for (std::size_t m = 0; m < at.size(); ++m)
      for (std::size_t i = 0; i < sum[m].size(); ++i) sum[m][i] += one[m][i] / samples;
  }
  return sum;
}
/// op(a_i, b_i, ...) with the player of i in front.
template <class Op, class... More>
rows each(Op const& op, rows const& first, More const&... more) {
  rows all = first;
  for (std::size_t m = 0; m < all.size(); ++m)
    for (std::size_t i = 0; i < all[m].size(); ++i) all[m][i] = op(i < 10 ? 0 : 1, first[m][i], more[m][i]...);
  return all;
}

/// A trainer and a plain loop of as many workers: the largest distance between their weights.
inline double distance(saddle::trainer<double> const& t, rows const& w) { return loops::gap(t, w); }

/// s + (v - v_old).
inline double follows(int, double s, double v, double v_old) { return s + (v - v_old); }

}  // namespace test
