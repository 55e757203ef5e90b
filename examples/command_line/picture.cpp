#include "picture.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include <stb/stb_image.h>

#include <zlib.h>

namespace command_line {
namespace {

// A PNG is a signature of 8 bytes and chunks: the length of their data, a type of four letters, the data, and a checksum
// of both. The first chunk, IHDR, has 13 bytes of data; a comment is a tEXt, its keyword and a zero byte before it.
constexpr std::size_t signature = 8, around_data = 12, header_end = signature + around_data + 13;
constexpr std::string_view comment{"tEXtComment\0", 12};

std::string big_endian(std::size_t x) {
  std::string bytes(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(x >> (24 - 8 * i) & 0xFF);
  return bytes;
}
std::string with_comment(std::string const& png, std::string const& note) {
  std::string const chunk = std::string(comment) + note;
  auto const sum = crc32(0, reinterpret_cast<Bytef const*>(chunk.data()), static_cast<uInt>(chunk.size()));
  return png.substr(0, header_end) + big_endian(chunk.size() - 4) + chunk + big_endian(sum) + png.substr(header_end);
}
std::optional<std::string> comment_of(std::string const& png) {
  if (png.size() < header_end + around_data || png.compare(header_end + 4, comment.size(), comment) != 0) return {};
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<std::uint8_t>(png[header_end + i]);
  return png.substr(header_end + 4 + comment.size(), length + 4 - comment.size());
}

canvas images(saddle::sample_shape const& shape, saddle::samples const& generated, int rows, int columns) {
  int const side = std::max(1, 48 / std::max(shape.rows, shape.columns)),
            gap = 4;  // of a pixel; between images
  int const wide = shape.columns * side + gap, high = shape.rows * side + gap;
  canvas all(columns * wide + gap, rows * high + gap, {96, 96, 96});
  auto const byte = [](float v) {
    return static_cast<std::uint8_t>(std::lround(255 * (v > 0 ? std::min(v, 1.0f) : 0.0f)));
  };
  for (int n = 0; n < std::min(generated.count, rows * columns); ++n)
    for (int y = 0; y < shape.rows; ++y)
      for (int x = 0; x < shape.columns; ++x) {
        auto const channel = [&](int c) {
          return byte(generated[n][static_cast<std::size_t>((y * shape.columns + x) * shape.channels + c)]);
        };
        colour const c = shape.channels == 3 ? colour{channel(0), channel(1), channel(2)}
                                             : colour{channel(0), channel(0), channel(0)};
        all.paint(gap + n % columns * wide + x * side, gap + n / columns * high + y * side, side, c);
      }
  return all;
}

canvas points(saddle::samples const& real, saddle::samples const& generated, int size) {
  canvas all(size, size, {255, 255, 255});
  float reach = 0;
  for (float const v : real.values) reach = std::max(reach, std::abs(v));
  auto const draw = [&](saddle::samples const& some, int side, colour c) {
    for (int i = 0; i < some.count; ++i) {
      auto const at = [&](float v) {
        return static_cast<int>(std::lround(static_cast<float>(size / 2) * (1 + v / (1.25f * reach))));
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

void canvas::paint(int left, int top, int side, colour c) {
  for (int y = std::max(top, 0); y < std::min(top + side, height); ++y)
    for (int x = std::max(left, 0); x < std::min(left + side, width); ++x)
      pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] = c;
}

std::string png(canvas const& of, std::string const& note) {
  std::string bytes;
  auto const append = [](void* to, void* from, int size) {
    static_cast<std::string*>(to)->append(static_cast<char const*>(from), static_cast<std::size_t>(size));
  };
  if (!stbi_write_png_to_func(append, &bytes, of.width, of.height, 3, of.pixels.data(), 3 * of.width))
    throw std::runtime_error("the picture could not be encoded");
  return note.empty() ? bytes : with_comment(bytes, note);
}

canvas read_png(std::string const& bytes, std::string& note) {
  int width = 0, height = 0, channels = 0;
  auto const found = comment_of(bytes);
  if (!found) return {};
  stbi_uc* const from = stbi_load_from_memory(reinterpret_cast<stbi_uc const*>(bytes.data()),
                                              static_cast<int>(bytes.size()), &width, &height, &channels, 3);
  if (from == nullptr) return {};
  note = *found;
  canvas all(width, height, {});
  std::memcpy(all.pixels.data(), from, 3 * all.pixels.size());
  stbi_image_free(from);
  return all;
}

std::string picture(data_set const& data, saddle::samples const& generated) {
  return png(data.centres.empty() ? images(data.real.shape, generated, 10, 10) : points(data.real, generated, 512));
}
canvas strip_row(data_set const& data, saddle::samples const& generated) {
  return data.centres.empty() ? images(data.real.shape, generated, 1, 16) : points(data.real, generated, 256);
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
