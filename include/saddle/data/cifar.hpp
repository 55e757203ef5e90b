#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/samples.hpp"
#include "saddle/data/gz_file.hpp"

SADDLE_NAMESPACE_BEGIN

/// Reads the binary version of CIFAR-10, plain or gzip: any number of records of a class (0 to 9) and 32 x 32 red, as
/// many green and as many blue values.
///
/// shape   32 x 32 x 3, the channels last (in the file they are planes), scaled to [0, 1]
/// errors  std::runtime_error that names the file and the record: no samples, cut within a record, no class. A plain
///         file cut exactly between two records is a shorter one
/// source  Krizhevsky: Learning Multiple Layers of Features from Tiny Images. 2009
inline samples read_cifar(std::string const& path) {
  constexpr std::size_t pixels = 32 * 32, channels = 3;
  std::array<std::uint8_t, 1 + pixels * channels> record;
  gz_file file(path);
  samples out{.shape = {32, 32, 3}, .bounds = range{0, 1}};
  while (std::size_t const got = file.read(record.data(), record.size())) {
    auto const fail = [&](std::string const& what) {
      file.fail("record " + std::to_string(out.count + 1) + ": " + what);
    };
    if (got < record.size())
      fail("truncated: " + std::to_string(got) + " of " + std::to_string(record.size()) + " bytes");
    if (record[0] > 9) fail(std::to_string(record[0]) + " is not a class");
    out.labels.push_back(record[0]);
    for (std::size_t p = 0; p < pixels; ++p)
      for (std::size_t c = 0; c < channels; ++c)
        out.values.push_back(static_cast<float>(record[1 + c * pixels + p]) / 255);
    ++out.count;
  }
  if (out.count == 0) file.fail("holds no samples");
  return out;
}

SADDLE_NAMESPACE_END
