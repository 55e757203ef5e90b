#include "saddle/data/idx.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "files.hpp"

using namespace saddle;

namespace {

std::string big_endian(std::initializer_list<std::uint32_t> words) {
  std::string bytes;
  for (std::uint32_t const w : words)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(w >> shift & 255);
  return bytes;
}

/// Three images of 2 x 5, the pixels 0, 9, 18, ..., 261 mod 256.
std::string images() {
  auto bytes = big_endian({2051, 3, 2, 5});
  for (int i = 0; i < 30; ++i) bytes += static_cast<char>(9 * i);
  return bytes;
}
std::string labels() { return big_endian({2049, 3}) + std::string("\1\0\7", 3); }

void check_images(samples const& s) {
  CHECK(s.count == 3);
  CHECK(s.shape == sample_shape{2, 5, 1});
  CHECK(s.bounds == range{0, 1});
  REQUIRE(s.values.size() == 30);
  for (int i = 0; i < 30; ++i)
    CHECK(s.values[static_cast<std::size_t>(i)] == static_cast<float>(9 * i % 256) / 255);
}

std::string complaint(std::string const& bytes) {
  temporary_file const file(bytes);
  auto const what = message([&] { read_idx(file.path); });
  REQUIRE(what.starts_with(file.path + ": "));
  return what.substr(file.path.size() + 2);
}

}  // namespace

TEST_CASE("idx: images and labels, plain and gzip") {
  temporary_file const i(images()), iz(gzipped(images())), l(labels()), lz(gzipped(labels()));
  check_images(read_idx(i.path));
  CHECK(read_idx(i.path).labels.empty());
  for (auto const* name : {&l.path, &lz.path}) {
    auto const s = read_idx(iz.path, *name);
    check_images(s);
    CHECK(s.labels == std::vector<std::uint8_t>{1, 0, 7});
  }
}

TEST_CASE("idx: a folder's parts, as they are or gzipped") {
  temporary_file const place("");  // its name is one that is free
  std::string const folder = place.path + ".d";
  std::filesystem::create_directory(folder);
  auto const write = [&](char const* name, std::string const& bytes) {
    std::ofstream(folder + name, std::ios::binary) << bytes;
  };
  write("/train-images-idx3-ubyte.gz", gzipped(images()));
  write("/train-labels-idx1-ubyte", labels());
  samples const s = read_idx_folder(folder, "train");
  check_images(s);
  CHECK(s.labels == std::vector<std::uint8_t>{1, 0, 7});
  CHECK(message([&] { read_idx_folder(folder, "t10k"); }) ==
        folder + "/t10k-images-idx3-ubyte.gz: No such file or directory");
  CHECK(message([] { read_idx_folder("", "train"); }) == "cannot read an empty folder name");
  CHECK(message([] { read_idx_folder("/no/such", "train"); }) ==
        "/no/such/train-images-idx3-ubyte.gz: No such file or directory");
  CHECK(message([] { read_idx_folder(std::string(5000, 'x'), "train"); }).find("File name too long") !=
        std::string::npos);

  // With a dot, as some copies of MNIST have it; one file may have the one name and one the other.
  write("/t10k-images.idx3-ubyte", images());
  write("/t10k-labels.idx1-ubyte.gz", gzipped(labels()));
  check_images(read_idx_folder(folder, "t10k"));
  CHECK(read_idx_folder(folder, "t10k").labels == s.labels);
  std::filesystem::rename(folder + "/t10k-labels.idx1-ubyte.gz", folder + "/t10k-labels-idx1-ubyte.gz");
  CHECK(read_idx_folder(folder, "t10k").labels == s.labels);
  write("/t10k-images-idx3-ubyte", "no images");  // the name with a hyphen goes first
  CHECK(message([&] { read_idx_folder(folder, "t10k"); }).find("t10k-images-idx3-ubyte: magic number") !=
        std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_CASE("idx: a cut file is refused wherever it is cut") {
  temporary_file const whole(images());
  for (auto const& bytes : {images(), gzipped(images())})
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      temporary_file const cut(bytes.substr(0, length));
      CAPTURE(length);
      CHECK_THROWS_AS(read_idx(cut.path), std::runtime_error);
    }
  for (auto const& bytes : {labels(), gzipped(labels())})
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      temporary_file const cut(bytes.substr(0, length));
      CAPTURE(length);
      CHECK_THROWS_AS(read_idx(whole.path, cut.path), std::runtime_error);
    }
}

TEST_CASE("idx: the message names the file and what is wrong") {
  CHECK(complaint(images().substr(0, 15)) == "truncated in its header");
  CHECK(complaint(images().substr(0, 20)) == "truncated: 4 of 30 bytes after the header");
  CHECK(complaint(images() + "x") == "bytes after the last sample");
  CHECK(complaint(labels()) == "magic number 2049 where 2051 is expected");
  CHECK(complaint(big_endian({2051, 0, 2, 5})) == "holds no samples");
  CHECK(complaint(big_endian({2051, 3, 2, 0})) == "holds no samples");
  CHECK(message([] { read_idx("/no/such"); }) == "/no/such: No such file or directory");
  CHECK(message([] { read_idx(""); }) == "cannot read an empty file name");
  CHECK(message([] { read_idx("\x1b]0;x\x07"); }) == "\\x1b]0;x\\x07: No such file or directory");

  temporary_file const i(images()), other(big_endian({2049, 2}) + "ab"), more(labels() + "x");
  CHECK(message([&] { read_idx(i.path, other.path); }) == other.path + ": 2 labels for 3 images");
  CHECK(message([&] { read_idx(i.path, more.path); }) == more.path + ": bytes after the last sample");
  CHECK(message([&] { read_idx(i.path, i.path); }) == i.path + ": magic number 2051 where 2049 is expected");
}

TEST_CASE("idx: what a header claims is not allocated before it is seen") {
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  auto const pixels = std::string(100, 'x');
  CHECK(complaint(big_endian({2051, 0x7fffffff, 28, 28}) + pixels) ==
        "truncated: 100 of " + std::to_string(784ull * 0x7fffffff) + " bytes after the header");
  CHECK(complaint(big_endian({2051, 1, 1u << 15, 1u << 15}) + pixels).starts_with("truncated: 100 of"));
  CHECK(complaint(big_endian({2051, 0xffffffff, 0xffffffff, 0xffffffff}) + pixels).starts_with("claims"));
  CHECK(complaint(big_endian({2051, 1, 1u << 16, 1u << 16}) + pixels).starts_with("claims"));
  getrusage(RUSAGE_SELF, &after);
  CHECK(after.ru_maxrss - before.ru_maxrss < 64 << 10);  // in KiB; the smallest of these claims is 1 GiB
}
