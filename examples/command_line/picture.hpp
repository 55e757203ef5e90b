#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data_set.hpp"

namespace command_line {

using colour = std::array<std::uint8_t, 3>;

struct canvas {
  int width = 0, height = 0;
  std::vector<colour> pixels = {};  // row by row

  canvas() = default;
  canvas(int w, int h, colour background)
      : width(w), height(h), pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), background) {}
  /// A square; what lies outside of the canvas is left out.
  void paint(int left, int top, int side, colour c);
};

/// The bytes of a PNG; `note`, where there is one, stands in it as a comment.
std::string png(canvas const& pixels, std::string const& note = {});
/// The pixels and the comment of one that png() made. Of other bytes it is an empty canvas.
canvas read_png(std::string const& bytes, std::string& note);

/// The bytes of a PNG: the first 100 images in ten rows, or points in the plane (real ones grey, generated
/// ones blue).
std::string picture(data_set const& data, saddle::samples const& generated);
/// The first 16 images side by side, or points in the plane; always of one size for one data set.
canvas strip_row(data_set const& data, saddle::samples const& generated);

/// One sample a row, in the units of the data.
std::string table(saddle::samples const& generated);

}  // namespace command_line
