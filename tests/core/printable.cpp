#include "saddle/core/printable.hpp"

#include <doctest/doctest.h>

#include <string>

using saddle::printable, saddle::printable_path;

TEST_CASE("printable: text that a terminal shows stays as it is") {
  for (char const* text : {"", "run-7.saddle", "a folder/ä, €, 😀", "back\\slash"}) CHECK(printable(text) == text);
}

TEST_CASE("printable: control characters and bytes that are not UTF-8 are escaped") {
  CHECK(printable("\x1b[31mred\r\n\t\x7f") == "\\x1b[31mred\\x0d\\x0a\\x09\\x7f");
  CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(printable("\xc2\x9b" "1m") == "\\xc2\\x9b1m");           // a control character of two bytes
  CHECK(printable("\x80 \xff \xc3") == "\\x80 \\xff \\xc3");     // no first byte; cut short
  CHECK(printable("\xe2\x82z") == "\\xe2\\x82z");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                  // longer than it need be
}

TEST_CASE("printable: an empty file name has a name") {
  CHECK(printable_path("") == "an empty file name");
  CHECK(printable_path("x\n") == "x\\x0a");
}
