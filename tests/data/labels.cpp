#include "saddle/data/labels.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "files.hpp"

using namespace saddle;

namespace {

using classes = std::vector<std::uint8_t>;

std::string idx_labels() { return std::string("\0\0\10\1\0\0\0\3", 8) + std::string("\1\0\377", 3); }

std::string complaint(std::string const& bytes, int count) {
  temporary_file const file(bytes);
  auto const what = message([&] { read_labels(file.path, count); });
  REQUIRE(what.starts_with(file.path + ": "));
  return what.substr(file.path.size() + 2);
}

}  // namespace

TEST_CASE("labels: an IDX file or a number a line, plain and gzip") {
  for (std::string const& bytes : {idx_labels(), std::string("1\n0\n255\n"), std::string("1\r\n0\r\n255\r\n"),
                                   std::string("1\n00\n255"), std::string("\xef\xbb\xbf" "1\n0\n255\n"),
                                   std::string("\xef\xbb\xbf" "1\r\n0\r\n255")})
    for (bool const zipped : {false, true}) {
      temporary_file const file(zipped ? gzipped(bytes) : bytes);
      CHECK(read_labels(file.path, 3) == classes{1, 0, 255});
    }
  std::string many;  // more than is read at once
  for (int i = 0; i < 5000; ++i) many += std::to_string(i % 256) + "\n";
  temporary_file const file(many);
  auto const read = read_labels(file.path, 5000);
  for (std::size_t i = 0; i < 5000; ++i) REQUIRE(read[i] == i % 256);
}

TEST_CASE("labels: what is none is refused with the line, and so is another number of them") {
  CHECK(complaint("1\n0\n256\n", 3) == "line 3: '256' is no class from 0 to 255");
  CHECK(complaint("1\n-1\n2\n", 3) == "line 2: '-1' is no class from 0 to 255");
  CHECK(complaint("1\n\n2\n", 3) == "line 2: '' is no class from 0 to 255");
  CHECK(complaint("1.0\n", 1) == "line 1: '1.0' is no class from 0 to 255");
  CHECK(complaint("1 2\n", 1) == "line 1: '1 2' is no class from 0 to 255");
  CHECK(complaint("label\n1\n", 1) == "line 1: 'label' is no class from 0 to 255");
  CHECK(complaint(std::string(1 << 20, '0'), 1) == "line 1: '000000000' is no class from 0 to 255");
  CHECK(complaint("", 3) == "0 labels for 3 samples");
  CHECK(complaint("1\n0\n", 3) == "2 labels for 3 samples");
  CHECK(complaint("1\n0\n2\n3\n", 3) == "4 labels for 3 samples");
  CHECK(complaint(idx_labels(), 4) == "3 labels for 4 samples");
  CHECK(complaint(idx_labels() + "x", 3) == "bytes after the last sample");
  CHECK(complaint(std::string("\0\0\10\3\0\0\0\3", 8), 3) == "magic number 2051 where 2049 is expected");
  CHECK(message([] { read_labels("/no/such", 1); }) == "/no/such: No such file or directory");
  CHECK(message([] { read_labels("", 1); }) == "cannot read an empty file name");
  CHECK(complaint("1\n\x1b[31m\n", 2) == "line 2: '\\x1b[31m' is no class from 0 to 255");
  CHECK(complaint("1\n\x07\n", 2) == "line 2: '\\x07' is no class from 0 to 255");
  CHECK(complaint("1\n\xef\xbb\xbf" "2\n", 2).starts_with("line 2: "));  // a mark in the middle is none
  CHECK(complaint("\xff\xfe" "1", 1) == "line 1: '\\xff\\xfe1' is no class from 0 to 255");
  CHECK_THROWS_AS(read_labels("/no/such", 0), std::invalid_argument);
  CHECK_THROWS_AS(read_labels("/no/such", -1), std::invalid_argument);
  for (auto const& bytes : {idx_labels(), gzipped(idx_labels()), gzipped("1\n0\n255\n")})
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      CAPTURE(length);
      temporary_file const cut(bytes.substr(0, length));
      CHECK_THROWS_AS(read_labels(cut.path, 3), std::runtime_error);
    }
}
