#include "saddle/optimizer/sgda.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "reference.hpp"

namespace sgda_tests {

using namespace reference;

TEST_CASE_TEMPLATE("sgda: the gradient times the step size of its step, and no state", T, float, double) {
  sgda const o{.step_size = schedule::inverse_sqrt(0.3, 10)};
  std::vector<T> expected;
  for (int t = 1; t <= 100; ++t) expected.push_back(static_cast<T>(o.step_size(t)) * static_cast<T>(some_gradient(t)));
  CHECK(directions<T>(o, 100) == expected);
  static_assert(std::is_same_v<arrays_of_direction<sgda, T>, uses<in<name::g>>>);
  static_assert(std::is_same_v<sgda::steps<whole>, step_list<estimate<name::w, whole>, descend<whole>>>);
}

}  // namespace sgda_tests
