#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"

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

/// "28x28x1"
inline std::string shape_text(sample_shape const& s) {
  return number_text(s.rows) + "x" + number_text(s.columns) + "x" + number_text(s.channels);
}

/// The check at the boundary of everything that takes samples. Values need not be finite: those of a generator that
/// diverged are not.
/// errors  std::invalid_argument in the name of `who`: extents that are not positive or too large, a negative count,
///         values or labels for another count, bounds that are no interval
inline void expect_whole(samples const& s, char const* who) {
  auto const fail = [&](std::string const& what) { expects(false, [&] { return std::string(who) + ": " + what; }); };
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  auto const& [rows, columns, channels] = s.shape;
  if (rows <= 0 || columns <= 0 || channels <= 0 || columns > most / rows || channels > most / rows / columns)
    fail("samples of " + shape_text(s.shape) + " numbers are none");
  if (s.count < 0) fail("the number of samples is negative");
  auto const count = static_cast<std::size_t>(s.count), size = static_cast<std::size_t>(s.shape.size());
  if (s.values.size() % size != 0 || s.values.size() / size != count)
    fail(number_text(s.count) + " samples of " + shape_text(s.shape) + " have " + number_text(s.values.size()) +
         " values");
  if (!s.labels.empty() && s.labels.size() != count)
    fail(number_text(s.count) + " samples have " + number_text(s.labels.size()) + " labels");
  if (s.bounds && !(is_finite(s.bounds->lo) && is_finite(s.bounds->hi) && s.bounds->lo < s.bounds->hi))
    fail("the bounds of the samples are finite, and the lower one is below the upper");
}
/// The same for data to learn from: one sample or more, all finite, within their bounds (up to a thousandth of them).
inline void expect_data(samples const& s, char const* who) {
  expect_whole(s, who);
  expects(s.count > 0, [&] { return std::string(who) + ": there are no samples"; });
  float const rounding = s.bounds ? (s.bounds->hi - s.bounds->lo) / 1000 : 0;
  for (std::size_t i = 0; i < s.values.size(); ++i) {
    float const v = s.values[i];
    bool const is_within = !s.bounds || (s.bounds->lo - rounding <= v && v <= s.bounds->hi + rounding);
    expects(is_finite(v) && is_within, [&] {
      return std::string(who) + ": sample " + number_text(i / static_cast<std::size_t>(s.shape.size())) + " has the value " +
             number_text(v) + (is_finite(v) ? ", which is not within the bounds" : "");
    });
  }
}

/// For the identity of a problem: how many samples of which shape, and a checksum of their values and bounds and, where
/// the problem learns from them, of the labels. Other data have another one.
inline std::string data_identity(samples const& s, bool with_labels) {
  checksum sum;
  if (s.bounds) sum.add(std::as_bytes(std::span(&*s.bounds, 1)));
  sum.add(std::span(s.values));
  if (with_labels) sum.add(std::span(s.labels));
  return "data=" + number_text(s.count) + "x" + shape_text(s.shape) + (with_labels ? "-labelled:" : ":") +
         hex_text(sum.value());
}

SADDLE_NAMESPACE_END
