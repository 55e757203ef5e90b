#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Text that came from outside, a path or bytes of a file, for a message: control characters and bytes that are not
/// UTF-8 become \xNN, so that a terminal shows them and does not obey them.
inline std::string printable(std::string_view text) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto const length_at = [&](std::size_t i) -> std::size_t {  // of a printable UTF-8 character; 0 if there is none
    unsigned const first = byte(i);
    if (first < 0x80) return first >= 0x20 && first != 0x7f;
    std::size_t const length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return 0;
    bool const control = first == 0xc2 && byte(i + 1) < 0xa0;
    return control ? 0 : length;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (std::size_t const length = length_at(i)) {
      out += text.substr(i, length);
      i += length;
    } else {
      constexpr char digits[] = "0123456789abcdef";
      out += {'\\', 'x', digits[byte(i) / 16], digits[byte(i) % 16]};
      ++i;
    }
  }
  return out;
}

/// The same in quotation marks.
inline std::string in_quotes(std::string_view text) {
  std::string out = "'";
  return out.append(printable(text)).append("'");
}

/// The name of a file for a message.
inline std::string printable_path(std::string_view path) {
  return path.empty() ? "an empty file name" : printable(path);
}

SADDLE_NAMESPACE_END
