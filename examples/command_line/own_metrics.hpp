#pragma once
#include <vector>

#include <saddle/core/samples.hpp>

namespace command_line {

/// A number that tells something of generated samples: a column of the log, an entry of the JSON and a word of the
/// progress, all under its name. What is not finite is left out.
struct own_metric {
  char const* name;
  double (*of)(saddle::samples const& real, saddle::samples const& generated);
};

/// How much samples vary: the sum of the variances of their values.
inline double variance(saddle::samples const& s) {
  auto const length = static_cast<std::size_t>(s.shape.size());
  std::vector<double> sums(length), squares(length);
  for (int i = 0; i < s.count; ++i)
    for (std::size_t v = 0; v < length; ++v) {
      double const x = static_cast<double>(s[i][v]);
      sums[v] += x;
      squares[v] += x * x;
    }
  double sum = 0;
  for (std::size_t v = 0; v < length; ++v) sum += squares[v] / s.count - sums[v] / s.count * (sums[v] / s.count);
  return sum;
}

/// Put your own here. "spread" is 1 where the generated samples vary as much as the real ones, and falls towards 0 when
/// the generator collapses.
inline constexpr own_metric own_metrics[] = {
    {"spread", [](saddle::samples const& real, saddle::samples const& generated) {
       return variance(generated) / variance(real);
     }}};

}  // namespace command_line
