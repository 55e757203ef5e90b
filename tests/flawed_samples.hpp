#pragma once
#include <limits>
#include <vector>

#include "saddle/core/samples.hpp"

namespace test {

/// Samples that are not what they say, from ones that are: whoever trusted them would read or write out of bounds.
inline std::vector<saddle::samples> flawed(saddle::samples const& whole) {
  std::vector<saddle::samples> all;
  auto const add = [&](auto const& change) { change(all.emplace_back(whole)); };
  add([](saddle::samples& s) { s.count = 1000 * s.count + 1; });
  add([](saddle::samples& s) { s.count = std::numeric_limits<int>::max(); });
  add([](saddle::samples& s) { s.count = -1; });
  add([](saddle::samples& s) { s.count -= 1; });
  add([](saddle::samples& s) { s.values.pop_back(); });
  add([](saddle::samples& s) { s.values.clear(); });
  add([](saddle::samples& s) { s.shape.columns = 0; });
  add([](saddle::samples& s) { s.shape.rows = -s.shape.rows, s.shape.columns = -s.shape.columns; });
  add([](saddle::samples& s) { s.shape.channels = 100; });
  add([](saddle::samples& s) { s.shape.rows = s.shape.columns = 65536; });
  add([](saddle::samples& s) { s.labels.assign(1, 0); });
  add([](saddle::samples& s) { s.bounds = saddle::range{1, 1}; });
  return all;
}

}  // namespace test
