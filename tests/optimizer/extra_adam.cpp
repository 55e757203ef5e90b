#include "saddle/optimizer/extra_adam.hpp"

#include <doctest/doctest.h>

#include "reference.hpp"

using namespace reference;

TEST_CASE_TEMPLATE("extra_adam: both gradients of a step enter the moments and their count", T, float, double) {
  extra_adam const o{.step_size = schedule::linear(0.1, 100, 0.05), .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-4};
  textbook_adam naive(0.5, 0.9, 1e-4);
  std::vector<double> expected;
  for (int t = 1; t <= 200; ++t)
    for (int k = 0; k < 2; ++k) expected.push_back(o.step_size(t) * naive.ratio(gradient(2 * (t - 1) + k + 1)));
  CHECK(worst(directions<T>(o, 200), expected) < 10 * tolerance<T>);
}

TEST_CASE("extra_adam: the first phase only looks ahead, the second moves") {
  for (sampling second : {sampling::same, sampling::independent}) {
    extra_adam const o{.second = second};
    phase const look = phase_of(o, 0), move = phase_of(o, 1);
    CHECK(phases_of(o) == 2);
    CHECK_FALSE(look.commits);
    CHECK_FALSE(look.exchanges);
    CHECK_FALSE(look.at_h);
    CHECK(move.commits);
    CHECK(move.exchanges);
    CHECK(move.at_h);
    CHECK((look.draw == move.draw) == (second == sampling::same));
  }
  CHECK(extra_adam{}.at<float>(1, 0).look_ahead(5, 2) == 3);
}
