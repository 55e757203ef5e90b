#include "saddle/lanes/serial.hpp"

#include <doctest/doctest.h>

#include "check_answers.hpp"

namespace {

template <class T, int Bucket>
void check_serial() {
  auto const questions = contract::questions<T, Bucket>();
  auto answers = contract::blank<T, Bucket, 1>(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i)
    contract::evaluate(saddle::serial_group{}, questions[i], answers[i]);
  check_answers(questions, answers);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    CAPTURE(Bucket);
    CAPTURE(questions[i].count);
    CHECK(contract::splits_well(questions[i], answers[i].of[0]));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("one lane keeps the contract of a group", T, float, double) {
  check_serial<T, 128>();
  check_serial<T, 512>();
  check_serial<T, 1024>();
}
