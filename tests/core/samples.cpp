#include "saddle/core/samples.hpp"

#include "../flawed_samples.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

using namespace saddle;

namespace {

samples four() {
  return {.count = 4,
          .shape = {1, 2, 1},
          .values = {0, 1, 0.5f, 1, 1, 0, 0, 0},
          .labels = {0, 1, 2, 3},
          .bounds = range{0, 1}};
}
std::string refusal(samples const& s, void (*check)(samples const&, char const*) = expect_whole) {
  try {
    check(s, "who");
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("samples: what is whole is taken, with labels or without, none or unbounded too") {
  auto s = four();
  CHECK(refusal(s) == "");
  CHECK(refusal(s, expect_data) == "");
  s.labels.clear();
  s.bounds.reset();
  CHECK(refusal(s, expect_data) == "");
  CHECK(refusal({.count = 0, .shape = {3, 2, 1}}) == "");
  s.values[3] = std::numeric_limits<float>::quiet_NaN();  // a generator's can be
  CHECK(refusal(s) == "");
}

TEST_CASE("samples: a sentence says what is not whole") {
  auto s = four();
  s.count = 5;
  CHECK(refusal(s) == "who: 5 samples of 1x2x1 have 8 values");
  s.count = -4;
  CHECK(refusal(s) == "who: the number of samples is negative");
  s = four();
  s.values.pop_back();
  CHECK(refusal(s) == "who: 4 samples of 1x2x1 have 7 values");
  s = four();
  s.labels.pop_back();
  CHECK(refusal(s) == "who: 4 samples have 3 labels");
  s = four();
  s.shape = {1, 0, 1};
  CHECK(refusal(s) == "who: samples of 1x0x1 numbers are none");
  s.shape = {-1, -2, 1};
  CHECK(refusal(s) == "who: samples of -1x-2x1 numbers are none");
  s.shape = {65536, 65536, 1};  // 0 in 32 bits
  CHECK(refusal(s) == "who: samples of 65536x65536x1 numbers are none");
  s.shape = {1 << 11, 1 << 11, 1 << 10};
  CHECK(refusal(s).ends_with("are none"));
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (range const bounds : {range{1, 1}, range{1, 0}, range{std::nanf(""), 1}, range{0, infinity}}) {
    s = four();
    s.bounds = bounds;
    CHECK(refusal(s) == "who: the bounds of the samples are finite, and the lower one is below the upper");
  }
  for (samples const& flawed : test::flawed(four())) CHECK(refusal(flawed) != "");
}

TEST_CASE("samples: data to learn from are there, finite and within their bounds") {
  CHECK(refusal({.count = 0, .shape = {1, 2, 1}}, expect_data) == "who: there are no samples");
  auto s = four();
  s.values[5] = std::nanf("");
  CHECK(refusal(s, expect_data) == "who: sample 2 has the value nan");
  s.values[5] = -std::numeric_limits<float>::infinity();
  CHECK(refusal(s, expect_data) == "who: sample 2 has the value -inf");
  s.values[5] = 255;
  CHECK(refusal(s, expect_data) == "who: sample 2 has the value 255, which is not within the bounds");
  s.values[5] = 1.0005f;  // rounding
  CHECK(refusal(s, expect_data) == "");
  s.bounds.reset();
  s.values[5] = 255;
  CHECK(refusal(s, expect_data) == "");
}

TEST_CASE("samples: other data have another identity") {
  auto const s = four();
  std::string const whole = data_identity(s, false), labelled = data_identity(s, true);
  CHECK(whole.starts_with("data=4x1x2x1:"));
  CHECK(labelled.starts_with("data=4x1x2x1-labelled:"));
  CHECK(data_identity(four(), true) == labelled);
  auto other = four();
  other.labels = {1, 0, 2, 3};
  CHECK(data_identity(other, false) == whole);
  CHECK(data_identity(other, true) != labelled);
  other = four();
  std::swap(other.values[0], other.values[4]);  // in another place
  CHECK(data_identity(other, false) != whole);
  other = four();
  other.shape = {2, 1, 1};
  CHECK(data_identity(other, false) != whole);
  other = four();
  other.bounds.reset();
  CHECK(data_identity(other, false) != whole);
}
