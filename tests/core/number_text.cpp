#include "saddle/core/number_text.hpp"

#include "../locale.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <limits>
#include <sstream>
#include <string>

using namespace saddle;

namespace {

void check_texts() {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(0.1f) == "0.1");
  CHECK(number_text(1.0) == "1");
  CHECK(number_text(-2.5e-7) == "-2.5e-07");
  CHECK(number_text(1.0 / 3) == "0.3333333333333333");
  CHECK(number_text(1234567) == "1234567");
  CHECK(number_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(number_text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(number_text(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(rounded_text(1234.5678, 6) == "1234.57");
  CHECK(rounded_text(1e-300, 3) == "1e-300");
  CHECK(fixed_text(1234.5678, 2) == "1234.57");
  CHECK(fixed_text(0.1, 6) == "0.100000");
  CHECK(fixed_text(-std::numeric_limits<double>::max(), 2).size() == 313);
  CHECK(hex_text(0x1234) == "0000000000001234");
  CHECK(hex_text(~std::uint64_t{0}) == "ffffffffffffffff");
  CHECK(number_from<double>("0.25") == 0.25);
  CHECK(number_from<double>("+1e3") == 1000);
  CHECK(number_from<int>("-7") == -7);
  for (char const* text : {"", "0,25", "1.234,5", " 1", "1 ", "1x", "+-1", "+", "-", "--1"}) {
    CAPTURE(text);
    CHECK_FALSE(number_from<double>(text));
  }
  for (char const* text : {"1.5", "2147483648", "1e3", "0x10"}) {
    CAPTURE(text);
    CHECK_FALSE(number_from<int>(text));
  }
  CHECK_FALSE(number_from<unsigned>("-1"));
  CHECK_FALSE(number_from<double>("1e999"));
}

}  // namespace

TEST_CASE("number_text: numbers and texts") { check_texts(); }

TEST_CASE("number_text: every number reads back as itself") {
  std::uint64_t bits = 88172645463325252u;
  for (int i = 0; i < 10000; ++i) {
    bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
    double const x = static_cast<double>(bits) * (i % 2 ? 1e-30 : 1e20);
    CHECK(number_from<double>(number_text(x)) == x);
    auto const f = static_cast<float>(x);
    CHECK(number_from<float>(number_text(f)) == f);
  }
}

TEST_CASE("number_text: a locale with a comma changes nothing") {
  test::comma_locale const here;
  std::ostringstream shown;
  shown << 1234.5;
  REQUIRE(shown.str() == "1.234,5");  // or this would show nothing
  check_texts();
}

TEST_CASE("number_text: neither does one of C's") {
  test::comma_locale const here;
  if (!here.in_c()) {
    MESSAGE("skipped: no locale with a comma is installed");
    return;
  }
  char shown[16];
  std::snprintf(shown, sizeof shown, "%.1f", 0.5);
  REQUIRE(std::string(shown) == "0,5");
  check_texts();
}
