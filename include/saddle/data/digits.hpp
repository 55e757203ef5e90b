#pragma once
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "saddle/config.hpp"
#include "saddle/core/printable.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/data/gz_file.hpp"

SADDLE_NAMESPACE_BEGIN

/// Reads the UCI digits: CSV, plain or gzip, 65 integers a line, 64 pixels (0 to 16) and the class (0 to
/// 9).
///
/// shape   8 x 8 x 1, pixels scaled to [0, 1]
/// errors  std::runtime_error that names the file and the line. Every line ends in LF or CR LF, which is
///         how a cut last number is told from a short one; a plain file cut exactly between two lines is a
///         shorter one
/// source  Alpaydin, Kaynak: Optical Recognition of Handwritten Digits. UCI Machine Learning Repository
///         1998
inline samples read_digits(std::string const& path) {
  constexpr std::size_t pixels = 64, columns = pixels + 1;
  gz_file file(path);
  samples out{.shape = {8, 8, 1}, .bounds = range{0, 1}};

  std::size_t column = 0;  // in the current line
  std::string number;      // digits of the number being read; two are enough for every good one
  auto const fail = [&](std::string const& what) {
    file.fail("line " + std::to_string(out.count + 1) + ": " + what);
  };
  auto const take = [&](bool last) {
    if (last && number.ends_with('\r')) number.pop_back();
    int value = 0;
    auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || end != number.data() + number.size() || value < 0)
      fail(in_quotes(number).append(" is not a number"));
    if (last != (column + 1 == columns)) fail(last ? "fewer than 65 columns" : "more than 65 columns");
    if (value > (last ? 9 : 16)) fail(in_quotes(number).append(last ? " is not a class" : " is not a pixel"));
    if (last)
      out.labels.push_back(static_cast<std::uint8_t>(value));
    else
      out.values.push_back(static_cast<float>(value) / 16);
    number.clear();
    ++column;
  };

  std::array<char, 4096> piece;
  for (std::string_view text; !(text = file.read_text(piece.data(), piece.size())).empty();)
    for (char const c : text) {
      if (c == ',') {
        take(false);
      } else if (c == '\n') {
        take(true);
        column = 0;
        ++out.count;
      } else {
        number += c;
        if (number.size() > 8) fail(in_quotes(number).append(" is not a number"));
      }
    }
  if (column > 0 || !number.empty()) fail("truncated");
  if (out.count == 0) file.fail("empty");
  return out;
}

SADDLE_NAMESPACE_END
