#include "saddle/data/cifar.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "files.hpp"

using namespace saddle;

namespace {

int byte_of(int record, int channel, int pixel) { return (5 * record + 70 * channel + 3 * pixel) % 256; }

/// Two records, of classes 9 and 0.
std::string records() {
  std::string bytes;
  for (int r = 0; r < 2; ++r) {
    bytes += static_cast<char>(r == 0 ? 9 : 0);
    for (int c = 0; c < 3; ++c)
      for (int p = 0; p < 1024; ++p) bytes += static_cast<char>(byte_of(r, c, p));
  }
  return bytes;
}

std::string complaint(std::string const& bytes) {
  temporary_file const file(bytes);
  auto const what = message([&] { read_cifar(file.path); });
  REQUIRE(what.starts_with(file.path + ": "));
  return what.substr(file.path.size() + 2);
}

}  // namespace

TEST_CASE("cifar: labels and pixels with their channels last, plain and gzip") {
  for (auto const& bytes : {records(), gzipped(records())}) {
    temporary_file const file(bytes);
    samples const s = read_cifar(file.path);
    CHECK(s.count == 2);
    CHECK(s.shape == sample_shape{32, 32, 3});
    CHECK(s.bounds == range{0, 1});
    CHECK(s.labels == std::vector<std::uint8_t>{9, 0});
    REQUIRE(s.values.size() == 2 * 3072);
    for (int r = 0; r < 2; ++r)
      for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x)
          for (int c = 0; c < 3; ++c)
            REQUIRE(s[r][static_cast<std::size_t>(3 * (32 * y + x) + c)] ==
                    static_cast<float>(byte_of(r, c, 32 * y + x)) / 255);
  }
}

TEST_CASE("cifar: any number of whole records, and nothing else") {
  for (int count : {1, 2, 5}) {
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += records().substr(0, 3073);
    temporary_file const file(bytes);
    CHECK(read_cifar(file.path).count == count);
  }
  for (std::size_t length : {1u, 2u, 3072u}) {
    auto const what = "truncated: " + std::to_string(length) + " of 3073 bytes";
    CHECK(complaint(records().substr(0, length)) == "record 1: " + what);
    CHECK(complaint(records().substr(0, 3073 + length)) == "record 2: " + what);
  }
  CHECK(complaint("") == "holds no samples");
  auto const zipped = gzipped(records());
  for (std::size_t length = 2; length < zipped.size(); length += 7) {
    CAPTURE(length);
    temporary_file const cut(zipped.substr(0, length));
    CHECK_THROWS_AS(read_cifar(cut.path), std::runtime_error);
  }
}

TEST_CASE("cifar: a label that is no class is refused with its record") {
  auto bytes = records();
  bytes[3073] = 10;
  CHECK(complaint(bytes) == "record 2: 10 is not a class");
  CHECK(message([] { read_cifar("/no/such"); }) == "/no/such: No such file or directory");
  CHECK(message([] { read_cifar(""); }) == "cannot read an empty file name");
  CHECK(message([] { read_cifar("no\tsuch"); }) == "no\\x09such: No such file or directory");
}
