#pragma once
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/perceptron.hpp"

SADDLE_NAMESPACE_BEGIN

/// Initial weights: a normal distribution of which what lies beyond two deviations is drawn again; and biases.
struct truncated_normal {
  double deviation = 0.1, bias = 0;
};

/// A convolutional network as a function of its weights; it holds none.
///
/// shape   block b = 0 ... blocks() - 1: a convolution to filters[b] channels, kernel x kernel weights each a channel,
///         its input continued by zeros so that rows and columns stay; ReLU; the maximum of each 2 x 2 pixels, an odd
///         last row or column being left out. Then a perceptron of ReLU units; without blocks it is all there is.
///         A sample is a column of its pixels row by row, channels last. Weights lie as W_0, b_0, W_1, b_1, ..., and
///         then the perceptron's. W_b has filters[b] rows and kernel * kernel * channels columns: the kernel's pixels
///         row by row, channels last
/// ties    of a maximum: the derivative goes to the first pixel
/// errors  std::invalid_argument for sizes that are not positive, an even kernel, an image that a block makes empty
template <class T>
class convolutional {
 public:
  using matrix = batch_columns<T>;
  /// Of each block its input and what it convolves that to, then the perceptron's layers.
  using per_layer = std::vector<matrix>;

  convolutional(sample_shape input, std::vector<int> filters, int kernel, std::vector<int> hidden, int outputs)
      : input_(input), filters_(std::move(filters)), kernel_(kernel) {
    auto const positive = [](int v) { return v > 0; };
    expects(std::ranges::all_of(filters_, positive) && std::ranges::all_of(hidden, positive) && outputs > 0,
            "convolutional: layers have a positive width");
    expects(filters_.size() < 31, "convolutional: there are no more than 30 blocks");
    expects(input.rows > 0 && input.columns > 0 && input.channels > 0,
            "convolutional: the image has rows, columns and channels");
    expects(kernel > 0 && kernel % 2 == 1, "convolutional: the kernel's width is odd");
    expects(extents(blocks()).size() > 0, "convolutional: each block needs 2 x 2 pixels or more");
    dense_ = perceptron<T>::between(extents(blocks()).size(), std::move(hidden), outputs, T(0));
  }

  int blocks() const { return static_cast<int>(filters_.size()); }
  int kernel() const { return kernel_; }
  std::vector<int> const& filters() const { return filters_; }
  perceptron<T> const& dense() const { return dense_; }
  int outputs() const { return dense_.widths.back(); }
  sample_shape input() const { return input_; }
  std::int64_t size() const { return begin(blocks()) + dense_.size(); }

  /// For the identity of a problem: "28x28x1 5x5-16-32 1568-128-10".
  std::string identity() const {
    std::string text = shape_text(input_) + " ";
    if (blocks() > 0) text.append(number_text(kernel_)).append("x").append(number_text(kernel_));
    for (int const n : filters_) text.append("-").append(number_text(n));
    return text + (blocks() > 0 ? " " : "") + dense_.identity();
  }
  std::vector<tensor> tensors() const {
    std::vector<tensor> all;
    for (int b = 0; b < blocks(); ++b) {
      all.push_back({filters(b), patch(b)});
      all.push_back({filters(b), 1});
    }
    for (tensor const t : dense_.tensors()) all.push_back(t);
    return all;
  }

  /// Normal weights, He before each ReLU and Glorot in the last layer; biases zero.
  void initial(random_sequence random, std::span<T> w) const {
    check(w);
    for (int b = 0; b < blocks(); ++b) {
      double const deviation = std::sqrt(2.0 / patch(b));
      auto const layer = w.subspan(static_cast<std::size_t>(begin(b)));
      auto const weights = static_cast<std::size_t>(filters(b) * patch(b));
      for (T& v : layer.first(weights)) v = static_cast<T>(deviation * random.normal());
      std::ranges::fill(layer.subspan(weights, static_cast<std::size_t>(filters(b))), T{0});
    }
    dense_.initial(random, w.subspan(static_cast<std::size_t>(begin(blocks()))));
  }

  /// Or in all layers alike.
  void initial(random_sequence random, std::span<T> w, truncated_normal const& how) const {
    check(w);
    auto const within = [&] {
      double z = random.normal();
      while (std::abs(z) > 2) z = random.normal();
      return z;
    };
    std::vector<tensor> const all = tensors();
    auto next = w.begin();
    for (std::size_t i = 0; i < all.size(); ++i)  // weights and biases in turn
      for (auto const end = next + all[i].size(); next != end; ++next)
        *next = static_cast<T>(i % 2 == 0 ? how.deviation * within() : how.bias);
  }

  per_layer storage(int samples) const {
    per_layer all;
    for (int b = 0; b < blocks(); ++b) {
      all.emplace_back(extents(b).size(), samples);
      all.emplace_back(filters(b) * pixels(b), samples);
    }
    for (matrix& layer : dense_.storage(samples)) all.push_back(std::move(layer));
    return all;
  }

  /// From a.front() to a.back(), in the first `count` columns.
  void forward(std::span<T const> w, per_layer& a, int count) const {
    check(w);
    matrix patches;
    for (int b = 0; b < blocks(); ++b)
      for (int j = 0; j < count; ++j) {
        unfold(b, a[in(b)].col(j).data(), patches);
        Eigen::Map<matrix> z(a[in(b) + 1].col(j).data(), filters(b), pixels(b));
        z.colwise() = Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1> const>(
            w.data() + begin(b) + filters(b) * patch(b), filters(b));
        z.noalias() += weights(w, b) * patches;
        T* const v = z.data();
        for (std::int64_t i = 0; i < z.size(); ++i) v[i] = v[i] > 0 ? v[i] : 0 * v[i];  // not finite stays so
        pool(b, v, a[in(b + 1)].col(j).data());
      }
    dense_.forward(of_dense(w), std::span(a).subspan(in(blocks())), 0, count);
  }

  /// From what `forward` gave and d.back(), the derivative by the output, to that by the weights, summed over the
  /// columns. Overwrites d.
  void gradient(std::span<T const> w, per_layer const& a, per_layer& d, std::span<T> out) const {
    check(w);
    check(out);
    int const samples = static_cast<int>(a.front().cols());
    auto const dense_a = std::span(a).subspan(in(blocks()));
    auto const dense_d = std::span(d).subspan(in(blocks()));
    dense_.backward(of_dense(w), dense_a, dense_d, blocks() > 0 ? 0 : 1, 0, samples);
    dense_.weight_gradient(dense_a, dense_d, Eigen::Matrix<T, Eigen::Dynamic, 1>::Ones(samples),
                           out.subspan(static_cast<std::size_t>(begin(blocks()))));
    matrix patches;
    for (int b = blocks() - 1; b >= 0; --b) {
      matrix by_weights = matrix::Zero(filters(b), patch(b) + 1);  // the bias last, as in w
      for (int j = 0; j < samples; ++j) {
        unpool(b, a[in(b) + 1].col(j).data(), d[in(b + 1)].col(j).data(), d[in(b) + 1].col(j).data());
        Eigen::Map<matrix const> const z(d[in(b) + 1].col(j).data(), filters(b), pixels(b));
        unfold(b, a[in(b)].col(j).data(), patches);
        by_weights.leftCols(patch(b)).noalias() += z * patches.transpose();
        by_weights.rightCols(1) += z.rowwise().sum();
        if (b == 0) continue;  // nobody asks for the derivative by the image
        patches.noalias() = weights(w, b).transpose() * z;
        fold(b, patches, d[in(b)].col(j).data());
      }
      std::ranges::copy(by_weights.reshaped(), out.begin() + begin(b));
    }
  }

 private:
  void check(std::span<T const> w) const {
    expects(static_cast<std::int64_t>(w.size()) == size(), [&] {
      return "convolutional: " + number_text(w.size()) + " weights for a network of " + number_text(size());
    });
  }
  /// Of the input of block b, or of the perceptron.
  sample_shape extents(int b) const {
    return {input_.rows >> b, input_.columns >> b, b == 0 ? input_.channels : filters(b - 1)};
  }
  int filters(int b) const { return filters_[static_cast<std::size_t>(b)]; }
  int pixels(int b) const { return extents(b).rows * extents(b).columns; }
  int patch(int b) const { return kernel_ * kernel_ * extents(b).channels; }
  /// Where the input of block b, or of the perceptron, stands in a per_layer.
  static std::size_t in(int b) { return 2 * static_cast<std::size_t>(b); }
  std::int64_t begin(int block) const {
    std::int64_t at = 0;
    for (int b = 0; b < block; ++b) at += std::int64_t{filters(b)} * (patch(b) + 1);
    return at;
  }
  std::span<T const> of_dense(std::span<T const> w) const {
    return w.subspan(static_cast<std::size_t>(begin(blocks())));
  }
  Eigen::Map<matrix const> weights(std::span<T const> w, int b) const {
    return {w.data() + begin(b), filters(b), patch(b)};
  }

  /// A row of the kernel covers consecutive numbers of a row of the image. For each pixel and row calls
  /// f(pixel, begin, width, before, count, at): the row is the `width` numbers from `begin` on of the pixel's patch;
  /// after `before` of them come the `count` that are the image's from `at` on; the others lie outside of it.
  template <class F>
  void for_each_kernel_row(int b, F f) const {
    auto const [rows, columns, channels] = extents(b);
    int const half = kernel_ / 2, width = kernel_ * channels;
    for (int y = 0; y < rows; ++y)
      for (int x = 0; x < columns; ++x) {
        int const left = std::max(0, half - x), right = std::min(kernel_, columns + half - x);
        for (int k = 0; k < kernel_; ++k) {
          int const row = y + k - half;
          bool const inside = row >= 0 && row < rows;
          f(y * columns + x, k * width, width, left * channels, inside ? (right - left) * channels : 0,
            (row * columns + x - half + left) * channels);
        }
      }
  }

  /// im2col: the patch around each pixel, one a column.
  void unfold(int b, T const* image, matrix& patches) const {
    patches.resize(patch(b), pixels(b));
    for_each_kernel_row(b, [&](int pixel, int begin, int width, int before, int count, int at) {
      T* const to = patches.col(pixel).data() + begin;
      std::fill_n(to, before, T{0});
      std::copy_n(image + at, count, to + before);
      std::fill_n(to + before + count, width - before - count, T{0});
    });
  }
  /// Its transpose: adds up what the patches say of a pixel.
  void fold(int b, matrix const& patches, T* image) const {
    std::fill_n(image, extents(b).size(), T{0});
    for_each_kernel_row(b, [&](int pixel, int begin, int, int before, int count, int at) {
      T const* const from = patches.col(pixel).data() + begin + before;
      for (int i = 0; i < count; ++i) image[at + i] += from[i];
    });
  }

  /// Calls f(where the output pixel begins, where each of its four begins).
  template <class F>
  void for_each_window(int b, F f) const {
    int const columns = extents(b).columns, channels = filters(b);
    auto const to = extents(b + 1);
    for (int y = 0; y < to.rows; ++y)
      for (int x = 0; x < to.columns; ++x) {
        int const first = (2 * y * columns + 2 * x) * channels, below = first + columns * channels;
        f((y * to.columns + x) * channels, first, first + channels, below, below + channels);
      }
  }
  void pool(int b, T const* z, T* out) const {
    for_each_window(b, [&, n = filters(b)](int to, int p, int q, int r, int s) {
      for (int c = 0; c < n; ++c) out[to + c] = std::max(std::max(z[p + c], z[q + c]), std::max(z[r + c], z[s + c]));
    });
  }
  /// From the derivative by the maxima to that before ReLU; z is after it.
  void unpool(int b, T const* z, T const* by_maximum, T* out) const {
    std::fill_n(out, filters(b) * pixels(b), T{0});
    for_each_window(b, [&, n = filters(b)](int to, int p, int q, int r, int s) {
      for (int c = 0; c < n; ++c) {
        int at = p;
        for (int const other : {q, r, s})
          if (z[other + c] > z[at + c]) at = other;
        if (z[at + c] > 0) out[at + c] = by_maximum[to + c];
      }
    });
  }

  sample_shape input_;
  std::vector<int> filters_;
  int kernel_;
  perceptron<T> dense_;
};

SADDLE_NAMESPACE_END
