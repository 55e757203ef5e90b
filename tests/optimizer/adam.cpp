#include "saddle/optimizer/adam.hpp"

#include <doctest/doctest.h>

#include "reference.hpp"

using namespace reference;

TEST_CASE_TEMPLATE("adam: the textbook's, with its corrections", T, float, double) {
  adam const o{.step_size = schedule::linear(0.1, 300, 0.01), .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-3};
  textbook_adam naive(0.8, 0.99, 1e-3);
  std::vector<double> expected;
  for (int t = 1; t <= 500; ++t) expected.push_back(o.step_size(t) * naive.ratio(gradient(t)));
  CHECK(worst(directions<T>(o, 500), expected) < tolerance<T>);
}

TEST_CASE("adam: the defaults of the paper; the first step is the step size, whatever the gradient") {
  adam const o;
  CHECK(o.beta1 == 0.9);
  CHECK(o.beta2 == 0.999);
  CHECK(o.epsilon == 1e-8);
  for (double g : {1e-3, -2.0, 1e3}) {
    adam_moments<double> s{};
    CHECK(o.at<double>(1, 0).direction(g, s) == doctest::Approx(std::copysign(1e-3, g)).epsilon(1e-4));
  }
  adam_moments<float> s{};
  CHECK(o.at<float>(1, 0).direction(0, s) == 0);  // no 0 / 0
  CHECK(state_planes<adam::rule<float>, float> == 2);
}
