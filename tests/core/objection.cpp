#include "saddle/core/objection.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "saddle/core/expects.hpp"

using namespace saddle;

TEST_CASE("objection_unless: the field, its rule and its value, or nothing") {
  CHECK(objection_unless(true, "box: lo", "is a number", 1) == "");
  CHECK(objection_unless(false, "adam: beta1", "lies in [0, 1)", 1.5) == "adam: beta1 lies in [0, 1), and is 1.5");
  for (double bad : {-1e-300, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK(objection_unless_finite("x", bad) == "x is finite and not negative, and is " + number_text(bad));
  for (double good : {0.0, 1e-300, 1.0, 1e300}) CHECK(objection_unless_finite("x", good) == "");
  CHECK(first_objection({"", "", "second", "third"}) == "second");
  CHECK(first_objection({"", ""}) == "");
}

namespace {

struct says_nothing {};
struct in_a_string {
  int n;
  std::string objection() const { return n > 0 ? "" : "in_a_string: n is positive"; }
};
struct in_a_pointer {
  int n;
  char const* objection() const { return n > 0 ? nullptr : "in_a_pointer: n is positive"; }
};

}  // namespace

TEST_CASE("objection_to: strings, pointers, and policies without numbers") {
  CHECK(objection_to(says_nothing{}) == "");
  CHECK(objection_to(in_a_string{1}) == "");
  CHECK(objection_to(in_a_string{0}) == "in_a_string: n is positive");
  CHECK(objection_to(in_a_pointer{1}) == "");
  CHECK(objection_to(in_a_pointer{0}) == "in_a_pointer: n is positive");
  CHECK_NOTHROW(expect_no_objection(in_a_string{1}));
  CHECK_THROWS_WITH_AS(expect_no_objection(in_a_string{0}), "in_a_string: n is positive", std::invalid_argument);
  CHECK_THROWS_WITH_AS(expect_no_objection(in_a_pointer{0}), "in_a_pointer: n is positive", std::invalid_argument);
}
