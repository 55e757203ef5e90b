#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/data/gz_file.hpp"

SADDLE_NAMESPACE_BEGIN

namespace idx {

inline std::uint32_t read_big_endian(gz_file& file) {
  std::array<unsigned char, 4> b;
  if (file.read(b.data(), b.size()) != b.size()) file.fail("truncated in its header");
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 |
         std::uint32_t{b[3]};
}

inline void expect_magic(gz_file& file, std::uint32_t magic) {
  std::uint32_t const found = read_big_endian(file);
  if (found != magic)
    file.fail("magic number " + std::to_string(found) + " where " + std::to_string(magic) + " is expected");
}

/// Hands on exactly `bytes` bytes, a piece at a time: what the header claims is not allocated before it is
/// seen.
template <class Take>
void read_to_end(gz_file& file, std::uint64_t bytes, Take take) {
  std::array<unsigned char, 1 << 14> piece;
  for (std::uint64_t done = 0; done < bytes;) {
    auto const want = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), bytes - done));
    std::size_t const got = file.read(piece.data(), want);
    std::for_each(piece.begin(), piece.begin() + got, take);
    done += got;
    if (got < want)
      file.fail("truncated: " + std::to_string(done) + " of " + std::to_string(bytes) +
                " bytes after the header");
  }
  if (!file.at_end()) file.fail("bytes after the last sample");
}

/// Of so many things.
inline std::vector<std::uint8_t> read_labels(gz_file& file, std::uint64_t count, std::string const& things) {
  expect_magic(file, 2049);
  if (std::uint32_t const found = read_big_endian(file); found != count)
    file.fail(std::to_string(found) + " labels for " + std::to_string(count) + " " + things);
  std::vector<std::uint8_t> labels;
  read_to_end(file, count, [&](unsigned char v) { labels.push_back(v); });
  return labels;
}

}  // namespace idx

/// Reads an IDX file of images (magic number 2051) and, if it is named, one of labels (2049), plain or
/// gzip.
///
/// shape   rows x columns x 1, pixels scaled to [0, 1]
/// errors  std::runtime_error that names the file: wrong magic number, no samples, truncated, bytes left
///         over, labels for another number of images
/// source  LeCun, Cortes, Burges: the format of the MNIST database
inline samples read_idx(std::string const& images, std::string const& labels = {}) {
  gz_file file(images);
  idx::expect_magic(file, 2051);
  std::uint64_t const count = idx::read_big_endian(file), rows = idx::read_big_endian(file),
                      columns = idx::read_big_endian(file);
  constexpr std::uint64_t most = std::numeric_limits<int>::max();
  if (count == 0 || rows == 0 || columns == 0) file.fail("holds no samples");
  if (count > most || rows > most / columns)
    file.fail("claims " + std::to_string(count) + " images of " + std::to_string(rows) + " x " +
              std::to_string(columns));

  samples out{.count = static_cast<int>(count),
              .shape = {static_cast<int>(rows), static_cast<int>(columns), 1},
              .bounds = range{0, 1}};
  idx::read_to_end(file, count * rows * columns,
                   [&](unsigned char v) { out.values.push_back(static_cast<float>(v) / 255); });
  if (labels.empty()) return out;

  gz_file classes(labels);
  out.labels = idx::read_labels(classes, count, "images");
  return out;
}

/// Images and labels of one part, "train" or "t10k", of a folder that holds them under the names that MNIST's and
/// Fashion-MNIST's have, with a hyphen or a dot before "idx", with or without .gz.
/// errors  as read_idx
inline samples read_idx_folder(std::string const& folder, std::string const& part) {
  if (folder.empty()) throw std::runtime_error("cannot read an empty folder name");
  auto const file = [&](std::string const& kind, std::string const& format) {
    std::string const begin = folder + "/" + part + kind;
    std::error_code ignored;  // who opens the file says what is wrong
    for (char const* separator : {"-", "."})
      for (char const* end : {"", ".gz"})
        if (std::string path = begin + separator + format + end; std::filesystem::exists(path, ignored)) return path;
    return begin + "-" + format + ".gz";
  };
  return read_idx(file("-images", "idx3-ubyte"), file("-labels", "idx1-ubyte"));
}

SADDLE_NAMESPACE_END
