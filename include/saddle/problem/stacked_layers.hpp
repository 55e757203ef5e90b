#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/problem/dense_algebra.hpp"

SADDLE_NAMESPACE_BEGIN

/// Where the layers of a perceptron lie in one matrix, a sample a column: from row first[l] on the values of
/// layer l, and a one below them. W_l and b_l lie side by side, so [W_l b_l] times [a_{l-1}; 1] is z_l, and
/// the derivatives by both are one product too. Weights lie as in `perceptron`; its last layer is not in the
/// matrix.
template <class T>
struct stacked_layers {
  std::vector<int> widths;  // input, hidden layers, output
  T leak;
  std::vector<int> first = {};
  std::vector<std::int64_t> begin = {};  // of [W_l b_l], from l = 1 on
  int rows = 0;

  stacked_layers(std::vector<int> all, T slope) : widths(std::move(all)), leak(slope), begin(1) {
    std::int64_t weights = 0, all_rows = 0;
    for (int l = 0; l < layers(); ++l) {
      first.push_back(static_cast<int>(all_rows));
      all_rows += (width(l) + 1 + 3) / 4 * 4;  // columns begin at multiples of 16 bytes
      begin.push_back(weights);
      weights += std::int64_t{width(l + 1)} * (width(l) + 1);
      expects(all_rows <= std::numeric_limits<int>::max(), "gan_passes: a network has more units than an int counts");
    }
    rows = static_cast<int>(all_rows);
  }

  int layers() const { return static_cast<int>(widths.size()) - 1; }
  int width(int l) const { return widths[static_cast<std::size_t>(l)]; }

  dense<T> layer(T* matrix, int l, int column, int columns) const {
    return {matrix + std::int64_t{column} * rows + first[static_cast<std::size_t>(l)], width(l), columns,
            rows};
  }
  dense<T> layer_and_one(T* matrix, int l, int column, int columns) const {
    dense<T> a = layer(matrix, l, column, columns);
    ++a.rows;
    return a;
  }
  template <class U>
  dense<U> weights(U* w, int l) const {
    return {w + begin[static_cast<std::size_t>(l)], width(l), width(l - 1), width(l)};
  }
  template <class U>
  dense<U> weights_and_bias(U* w, int l) const {
    dense<U> a = weights(w, l);
    ++a.columns;
    return a;
  }
};

SADDLE_NAMESPACE_END
