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
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// One sample a column: a layer is then one product, and a part of a batch a range of columns.
template <class T>
using batch_columns = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// A multilayer perceptron as a function of its weights; it holds none.
///
/// shape  layer l = 1 ... layers() maps widths[l - 1] to widths[l]: z_l = W_l a_{l-1} + b_l, and a_l = z_l
///        where z_l > 0, leak z_l elsewhere; the last layer is linear. Weights lie as W_1, b_1, W_2, b_2,
///        ..., each W_l with widths[l] rows and widths[l - 1] columns, column by column. Columns first ...
///        first + count - 1 of the matrices given are read and written.
template <class T>
struct perceptron {
  using matrix = batch_columns<T>;
  using per_layer = std::vector<matrix>;  // index l = 0 ... layers(), 0 being the input
  using layers_of = std::span<matrix>;    // the same, where they may be a part of a larger network's
  using const_layers_of = std::span<matrix const>;

  std::vector<int> widths;  // input, hidden layers, output
  T leak = 0;               // slope of a hidden unit below zero, in [0, 1); 0 is ReLU

  /// errors  std::invalid_argument for a layer without a width, a leak that is not in [0, 1)
  static perceptron between(int input, std::vector<int> hidden, int output, T leak) {
    hidden.insert(hidden.begin(), input);
    hidden.push_back(output);
    expects(std::ranges::all_of(hidden, [](int v) { return v > 0; }),
            "perceptron: all layers have a positive width");
    expects(leak >= 0 && leak < 1, "perceptron: the leak is in [0, 1)");
    return {std::move(hidden), leak};
  }
  /// For the identity of a problem: "32-128-2".
  std::string identity() const {
    std::string text;
    for (int const n : widths) text.append(text.empty() ? "" : "-").append(number_text(n));
    return leak == 0 ? text : text + "-leak-" + number_text(leak);
  }

  int layers() const { return static_cast<int>(widths.size()) - 1; }
  int width(int l) const { return widths[static_cast<std::size_t>(l)]; }
  std::int64_t size() const { return begin(layers() + 1); }
  /// Multiplications, each with its addition, that a sample costs: of `forward` those from layer 1 on, of `backward` to
  /// d[last] those from last + 1 on. `weight_gradient` has size() of them.
  std::int64_t multiply_adds(int from_layer) const {
    std::int64_t sum = 0;
    for (int l = from_layer; l <= layers(); ++l) sum += std::int64_t{width(l - 1)} * width(l);
    return sum;
  }

  std::vector<tensor> tensors() const {
    std::vector<tensor> all;
    for (int l = 1; l <= layers(); ++l) {
      all.push_back({width(l), width(l - 1)});
      all.push_back({width(l), 1});
    }
    return all;
  }

  /// Normal weights, He before a hidden layer's activation and Glorot in the last layer; biases zero.
  void initial(random_sequence random, std::span<T> w) const {
    check(w);
    T* next = w.data();
    for (int l = 1; l <= layers(); ++l) {
      double const in = width(l - 1), out = width(l), slope = static_cast<double>(leak);
      double const deviation = std::sqrt(2 / (l < layers() ? (1 + slope * slope) * in : in + out));
      for (T* const end = next + std::int64_t{width(l - 1)} * width(l); next != end; ++next)
        *next = static_cast<T>(deviation * random.normal());
      for (T* const end = next + width(l); next != end; ++next) *next = 0;
    }
  }

  per_layer storage(int samples) const {
    per_layer all;
    for (int const rows : widths) all.emplace_back(rows, samples);
    return all;
  }

  /// From a[0] to a[layers()].
  void forward(std::span<T const> w, layers_of a, int first, int count) const {
    check(w);
    for (int l = 1; l <= layers(); ++l) {
      auto z = of(a, l).middleCols(first, count);
      z.colwise() = bias(w, l);
      z.noalias() += weights(w, l) * of(a, l - 1).middleCols(first, count);
      if (l == layers()) return;
      T* const v = of(a, l).col(first).data();
      T const below = leak;
      for (std::int64_t i = 0; i < z.size(); ++i) v[i] = v[i] > 0 ? v[i] : below * v[i];
    }
  }

  /// From t[0], a change of the input at which `forward` gave a, to that of the last hidden layer.
  void tangent(std::span<T const> w, const_layers_of a, layers_of t, int first, int count) const {
    check(w);
    for (int l = 1; l < layers(); ++l) {
      of(t, l).middleCols(first, count).noalias() = weights(w, l) * of(t, l - 1).middleCols(first, count);
      times_slope(of(a, l), of(t, l), first, count);
    }
  }

  /// From d[layers()], the derivative by the output, to d[last], that by z_last, or by the input for last =
  /// 0.
  void backward(std::span<T const> w, const_layers_of a, layers_of d, int last, int first, int count) const {
    check(w);
    for (int l = layers() - 1; l >= last; --l) {
      of(d, l).middleCols(first, count).noalias() =
          weights(w, l + 1).transpose() * of(d, l + 1).middleCols(first, count);
      if (l > 0) times_slope(of(a, l), of(d, l), first, count);
    }
  }

  /// Writes sum_j d_l(j) a_{l-1}(j)' for each W_l and sum_j c_j d_l(j) for each b_l, over all columns.
  void weight_gradient(const_layers_of a, const_layers_of d, Eigen::Matrix<T, Eigen::Dynamic, 1> const& c,
                       std::span<T> out) const {
    check(out);
    for (int l = 1; l <= layers(); ++l) {
      T* const at = out.data() + begin(l);
      Eigen::Map<matrix> by_weights(at, width(l), width(l - 1));
      // Eigen multiplies tiny matrices with roundings that depend on where the result lies: not where the
      // caller says.
      if (by_weights.rows() + by_weights.cols() + a.front().cols() < 32)
        by_weights = (of(d, l) * of(a, l - 1).transpose()).eval();
      else
        by_weights.noalias() = of(d, l) * of(a, l - 1).transpose();
      Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>(at + std::int64_t{width(l)} * width(l - 1), width(l)).noalias() =
          of(d, l) * c;
    }
  }

 private:
  void check(std::span<T const> w) const {
    expects(static_cast<std::int64_t>(w.size()) == size(), [&] {
      return "perceptron: " + number_text(w.size()) + " weights for a network of " + number_text(size());
    });
  }
  std::int64_t begin(int layer) const {
    std::int64_t at = 0;
    for (int l = 1; l < layer; ++l) at += std::int64_t{width(l)} * (width(l - 1) + 1);
    return at;
  }
  Eigen::Map<matrix const> weights(std::span<T const> w, int l) const {
    return {w.data() + begin(l), width(l), width(l - 1)};
  }
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1> const> bias(std::span<T const> w, int l) const {
    return {w.data() + begin(l) + std::int64_t{width(l)} * width(l - 1), width(l)};
  }
  static matrix& of(layers_of m, int l) { return m[static_cast<std::size_t>(l)]; }
  static matrix const& of(const_layers_of m, int l) { return m[static_cast<std::size_t>(l)]; }

  void times_slope(matrix const& a, matrix& d, int first, int count) const {
    T const* const at = a.col(first).data();
    T* const v = d.col(first).data();
    T const below = leak;
    for (std::int64_t i = 0; i < std::int64_t{a.rows()} * count; ++i) v[i] *= at[i] > 0 ? T{1} : below;
  }
};

/// Where both players of a GAN begin: two networks, each from bits of its own.
template <class T>
void initial_weights(perceptron<T> const& generator, perceptron<T> const& discriminator, std::uint64_t seed,
                     point<T> w) {
  random_stream weights{.seed = seed, .use = purpose::initial_weights};
  generator.initial(random_sequence(weights), w.min);
  weights.bucket = std::uint64_t{1} << 32;
  discriminator.initial(random_sequence(weights), w.max);
}

SADDLE_NAMESPACE_END
