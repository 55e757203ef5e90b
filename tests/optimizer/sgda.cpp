#include "saddle/optimizer/sgda.hpp"

#include <doctest/doctest.h>

#include "reference.hpp"

using namespace reference;

TEST_CASE_TEMPLATE("sgda: the gradient times the step size of its step, and no state", T, float, double) {
  sgda const o{.step_size = schedule::inverse_sqrt(0.3, 10)};
  std::vector<T> expected;
  for (int t = 1; t <= 100; ++t) expected.push_back(static_cast<T>(o.step_size(t)) * static_cast<T>(gradient(t)));
  CHECK(directions<T>(o, 100) == expected);
  CHECK(state_planes<sgda::rule<T>, T> == 0);
  CHECK(phases_of(o) == 1);
  phase const only = phase_of(o, 0);
  CHECK(only.player == phase::both);
  CHECK(only.commits);
  CHECK(only.exchanges);
  CHECK_FALSE(only.at_h);
}
