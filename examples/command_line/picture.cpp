#include "picture.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

namespace command_line {
namespace {

using colour = std::array<std::uint8_t, 3>;

struct canvas {
  int width, height;
  std::vector<colour> pixels;

  canvas(int w, int h, colour background)
      : width(w), height(h), pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), background) {}

  /// A square; what lies outside of the canvas is left out.
  void paint(int left, int top, int side, colour c) {
    for (int y = std::max(top, 0); y < std::min(top + side, height); ++y)
      for (int x = std::max(left, 0); x < std::min(left + side, width); ++x)
        pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] =
            c;
  }

  std::string png() const {
    std::string bytes;
    auto const append = [](void* to, void* from, int size) {
      static_cast<std::string*>(to)->append(static_cast<char const*>(from), static_cast<std::size_t>(size));
    };
    if (!stbi_write_png_to_func(append, &bytes, width, height, 3, pixels.data(), 3 * width))
      throw std::runtime_error("the picture could not be encoded");
    return bytes;
  }
};

canvas images(saddle::samples const& generated) {
  saddle::sample_shape const shape = generated.shape;
  int const side = std::max(1, 48 / std::max(shape.rows, shape.columns)),
            gap = 4;  // of a pixel; between images
  int const wide = shape.columns * side + gap, high = shape.rows * side + gap;
  canvas all(10 * wide + gap, 10 * high + gap, {96, 96, 96});
  auto const byte = [](float v) {
    return static_cast<std::uint8_t>(std::lround(255 * (v > 0 ? std::min(v, 1.0f) : 0.0f)));
  };
  for (int n = 0; n < std::min(generated.count, 100); ++n)
    for (int y = 0; y < shape.rows; ++y)
      for (int x = 0; x < shape.columns; ++x) {
        auto const channel = [&](int c) {
          return byte(generated[n][static_cast<std::size_t>((y * shape.columns + x) * shape.channels + c)]);
        };
        colour const c = shape.channels == 3 ? colour{channel(0), channel(1), channel(2)}
                                             : colour{channel(0), channel(0), channel(0)};
        all.paint(gap + n % 10 * wide + x * side, gap + n / 10 * high + y * side, side, c);
      }
  return all;
}

canvas points(saddle::samples const& real, saddle::samples const& generated) {
  constexpr int size = 512;
  canvas all(size, size, {255, 255, 255});
  float reach = 0;
  for (float const v : real.values) reach = std::max(reach, std::abs(v));
  auto const draw = [&](saddle::samples const& some, int side, colour c) {
    for (int i = 0; i < some.count; ++i) {
      auto const at = [&](float v) {
        return static_cast<int>(std::lround(size / 2 * (1 + v / (1.25f * reach))));
      };
      if (std::abs(some[i][0]) < 2 * reach && std::abs(some[i][1]) < 2 * reach)  // also false for NaN
        all.paint(at(some[i][0]) - side / 2, at(-some[i][1]) - side / 2, side, c);
    }
  };
  draw(real, 5, {200, 200, 200});
  draw(generated, 2, {20, 60, 200});
  return all;
}

}  // namespace

std::string picture(data_set const& data, saddle::samples const& generated) {
  return (data.centres.empty() ? images(generated) : points(data.real, generated)).png();
}

std::string table(saddle::samples const& generated) {
  std::string rows;
  char number[32];
  for (int i = 0; i < generated.count; ++i) {
    char const* separator = "";
    for (float const v : generated[i]) {
      rows += separator;
      rows.append(number, std::to_chars(number, number + sizeof number, v).ptr);
      separator = ",";
    }
    rows += '\n';
  }
  return rows;
}

}  // namespace command_line
