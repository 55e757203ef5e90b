#pragma once
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "contract.hpp"

/// Each answer of a group is what is expected, to the bit.
template <class T, int Bucket, int Lanes>
void check_answers(std::vector<contract::question<T, Bucket>> const& questions,
                   std::vector<contract::answer<T, Bucket, Lanes>> const& answers) {
  for (std::size_t i = 0; i < questions.size(); ++i) {
    CAPTURE(Lanes);
    CAPTURE(Bucket);
    CAPTURE(questions[i].count);
    CHECK(contract::difference(contract::expected(questions[i]), answers[i]) == "");
  }
}
