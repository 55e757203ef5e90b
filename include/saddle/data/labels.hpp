#pragma once
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/printable.hpp"
#include "saddle/data/gz_file.hpp"
#include "saddle/data/idx.hpp"

SADDLE_NAMESPACE_BEGIN

/// Reads the classes of `count` samples, each from 0 to 255, plain or gzip: an IDX file of labels (magic number 2049)
/// or text, one number a line. Text does not begin with a zero byte, and IDX does. A text may begin with a byte order
/// mark, and its lines may end in CR LF.
///
/// errors  std::runtime_error that names the file, and in a text the line: as read_idx, not a class, labels for another
///         number of samples
inline std::vector<std::uint8_t> read_labels(std::string const& path, int count) {
  expects(count > 0, "read_labels: the number of samples is positive");
  std::vector<std::uint8_t> labels;
  std::array<char, 4096> piece;
  gz_file file(path);
  std::string_view text = file.read_text(piece.data(), piece.size());
  if (text.starts_with('\0')) {
    gz_file from_its_start(path);
    return idx::read_labels(from_its_start, static_cast<std::uint64_t>(count), "samples");
  }

  std::string line;
  auto const take = [&] {
    if (line.ends_with('\r')) line.pop_back();
    int value = -1;
    auto const [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    bool const is_number = error == std::errc{} && end == line.data() + line.size() && line.size() <= 8;
    if (!is_number || value < 0 || value > 255)
      file.fail("line " + std::to_string(labels.size() + 1) + ": '" + printable(line) + "' is no class from 0 to 255");
    labels.push_back(static_cast<std::uint8_t>(value));
    line.clear();
  };
  for (; !text.empty(); text = file.read_text(piece.data(), piece.size()))
    for (char const c : text) {
      if (c == '\n') take();
      else line += c;
      if (line.size() > 8) take();  // which says so
    }
  if (!line.empty()) take();
  if (labels.size() != static_cast<std::size_t>(count))
    file.fail(std::to_string(labels.size()) + " labels for " + std::to_string(count) + " samples");
  return labels;
}

SADDLE_NAMESPACE_END
