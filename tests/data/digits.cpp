#include "saddle/data/digits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "files.hpp"

using namespace saddle;

namespace {

/// Three lines: pixel values i + line mod 17, classes 0, 1, 2.
std::string three_digits() {
  std::string text;
  for (int line = 0; line < 3; ++line) {
    for (int i = 0; i < 64; ++i) text += std::to_string((i + line) % 17) + ",";
    text += std::to_string(line) + "\n";
  }
  return text;
}

void check_three_digits(samples const& s) {
  CHECK(s.count == 3);
  CHECK(s.shape == sample_shape{8, 8, 1});
  CHECK(s.bounds == range{0, 1});
  CHECK(s.labels == std::vector<std::uint8_t>{0, 1, 2});
  REQUIRE(s.values.size() == 192);
  for (int line = 0; line < 3; ++line)
    for (int i = 0; i < 64; ++i)
      REQUIRE(s[line][static_cast<std::size_t>(i)] == static_cast<float>((i + line) % 17) / 16);
}

}  // namespace

TEST_CASE("digits: the data set of the examples") {
  auto const s = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  CHECK(s.count == 1797);
  double sum = 0;
  for (float const v : s.values) {
    REQUIRE(v >= 0);
    REQUIRE(v <= 1);
    sum += 16 * static_cast<double>(v);
  }
  CHECK(sum == 561718);
  std::vector<int> classes(10);
  for (auto const c : s.labels) ++classes.at(c);
  CHECK(classes == std::vector<int>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
}

TEST_CASE("digits: plain and gzip give the same") {
  temporary_file const plain(three_digits()), packed(gzipped(three_digits()));
  check_three_digits(read_digits(plain.path));
  check_three_digits(read_digits(packed.path));
}

TEST_CASE("digits: a cut file is refused wherever it is cut") {
  auto const text = three_digits();
  for (std::size_t length = 0; length < text.size(); ++length) {
    temporary_file const cut(text.substr(0, length));
    CAPTURE(length);
    if (length > 0 && text[length - 1] == '\n')  // then it is a shorter file
      CHECK(read_digits(cut.path).count ==
            std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length), '\n'));
    else
      CHECK_THROWS_AS(read_digits(cut.path), std::runtime_error);
  }
  auto const bytes = gzipped(text);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    temporary_file const cut(bytes.substr(0, length));
    CAPTURE(length);
    CHECK_THROWS_AS(read_digits(cut.path), std::runtime_error);
  }
}

TEST_CASE("digits: lines may end in CR LF, and a byte order mark may stand before them") {
  auto const text = three_digits();
  temporary_file const plain(text);
  auto const expected = read_digits(plain.path);
  std::string crlf;
  for (char const c : text) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  for (std::string const& other : {crlf, "\xef\xbb\xbf" + text, "\xef\xbb\xbf" + crlf})
    for (bool const zipped : {false, true}) {
      temporary_file const file(zipped ? gzipped(other) : other);
      auto const read = read_digits(file.path);
      CHECK(read.count == expected.count);
      CHECK(read.values == expected.values);
      CHECK(read.labels == expected.labels);
    }
  for (std::size_t length = 0; length < crlf.size(); ++length) {
    temporary_file const cut(crlf.substr(0, length));
    CAPTURE(length);
    if (length > 0 && crlf[length - 1] == '\n') CHECK_NOTHROW(read_digits(cut.path));
    else CHECK_THROWS_AS(read_digits(cut.path), std::runtime_error);
  }
}

TEST_CASE("digits: a damaged gzip file is refused") {
  auto bytes = gzipped(three_digits());
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] + 1);  // its checksum
  temporary_file const damaged(bytes);
  CHECK(message([&] { read_digits(damaged.path); }) == damaged.path + ": incorrect data check");
}

TEST_CASE("digits: the message names the file, the line and what is wrong") {
  auto const wrong = [](std::string from, std::string to) {
    auto text = three_digits();
    text.replace(text.find(from), from.size(), to);
    temporary_file const file(text);
    auto const what = message([&] { read_digits(file.path); });
    CHECK(what.starts_with(file.path + ": "));
    return what.substr(file.path.size() + 2);
  };
  CHECK(wrong("0,1,2", "0,x,2") == "line 1: 'x' is not a number");
  CHECK(wrong("0,1,2", "0,,2") == "line 1: '' is not a number");
  CHECK(wrong("0,1,2", "0,-1,2") == "line 1: '-1' is not a number");
  CHECK(wrong("0,1,2", "0, 1,2") == "line 1: ' 1' is not a number");
  CHECK(wrong("0,1,2", "0,1.5,2") == "line 1: '1.5' is not a number");
  CHECK(wrong("0,1,2", "0,123456789,2") == "line 1: '123456789' is not a number");
  CHECK(wrong("0,1,2", "0,17,2") == "line 1: '17' is not a pixel");
  CHECK(wrong("0,1,2", "0,1") == "line 1: fewer than 65 columns");
  CHECK(wrong("0,1,2", "0,1,2,2") == "line 1: more than 65 columns");
  CHECK(wrong(",1\n", ",10\n") == "line 2: '10' is not a class");
  CHECK(wrong(",1\n", ",1\n\n") == "line 3: '' is not a number");
  CHECK(wrong("0,1,2", "0,1\r,2") == "line 1: '1\\x0d' is not a number");
  CHECK(wrong("0,1,2", "0,\x1b[2J,2") == "line 1: '\\x1b[2J' is not a number");
  CHECK(wrong(",1\n", ",1\r\r\n") == "line 2: '1\\x0d' is not a number");
  temporary_file const empty("");
  CHECK(message([&] { read_digits(empty.path); }) == empty.path + ": empty");
  CHECK(message([] { read_digits("/no/such.csv"); }) == "/no/such.csv: No such file or directory");
  CHECK(message([] { read_digits("/"); }) == "/: Is a directory");
  CHECK(message([] { read_digits(""); }) == "cannot read an empty file name");
  CHECK(message([] { read_digits("/no\nsuch\x1b"); }) == "/no\\x0asuch\\x1b: No such file or directory");
}
