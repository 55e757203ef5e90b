#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Extents of one sample. A point in the plane is 1 x 2 x 1.
struct sample_shape {
  int rows = 1, columns = 1, channels = 1;
  constexpr int size() const { return rows * columns * channels; }
  friend bool operator==(sample_shape, sample_shape) = default;
};

/// The values that bounded data lie between, and the affine maps to [-1, 1] and [0, 1] in which networks see them.
struct range {
  float lo = 0, hi = 1;
  template <class T>
  constexpr T to_unit(T v) const {
    return (v - static_cast<T>(lo)) / (static_cast<T>(hi) - static_cast<T>(lo));
  }
  template <class T>
  constexpr T to_signed_unit(T v) const {
    return (2 * v - static_cast<T>(lo) - static_cast<T>(hi)) / (static_cast<T>(hi) - static_cast<T>(lo));
  }
  template <class T>
  constexpr T from_signed_unit(T u) const {
    return static_cast<T>(lo) + (static_cast<T>(hi) - static_cast<T>(lo)) * (u + 1) / 2;
  }
  friend bool operator==(range, range) = default;
};

/// Real or generated samples in the units of the data.
///
/// shape   `values` holds count x shape.size() numbers, one sample after the other, each row by row with
///         its channels last; `labels` is empty or holds one class a sample
struct samples {
  int count = 0;
  sample_shape shape = {};
  std::vector<float> values = {};
  std::vector<std::uint8_t> labels = {};
  std::optional<range> bounds = {};  // none where the data are not bounded

  std::span<float const> operator[](int i) const {
    auto const size = static_cast<std::size_t>(shape.size());
    return {values.data() + static_cast<std::size_t>(i) * size, size};
  }
};

SADDLE_NAMESPACE_END
