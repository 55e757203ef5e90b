#include "saddle/lanes/threads.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>

#include "check_answers.hpp"

namespace {

template <int Lanes, class T, int Bucket>
void check_threads() {
  auto const questions = contract::questions<T, Bucket>();
  auto answers = contract::blank<T, Bucket, Lanes>(questions.size());
  saddle::run_lanes<Lanes>([&](saddle::thread_group<Lanes> const& g) {
    for (std::size_t i = 0; i < questions.size(); ++i) contract::evaluate(g, questions[i], answers[i]);
  });
  check_answers(questions, answers);
}

}  // namespace

TEST_CASE_TEMPLATE("four and eight threads keep the contract of a group", T, float, double) {
  check_threads<4, T, 128>();
  check_threads<4, T, 512>();
  check_threads<4, T, 1024>();
  check_threads<8, T, 128>();
  check_threads<8, T, 512>();
  check_threads<8, T, 1024>();
}

TEST_CASE("every lane runs once") {
  std::atomic<int> lanes = 0;
  saddle::run_lanes<8>([&](auto const& g) { lanes += 1 << (4 * (g.lane() % 4)); });
  CHECK(lanes == 0x2222);
}

TEST_CASE("a lane that throws stops the others, wherever they wait") {
  auto const third_throws = [](auto const& g, auto wait) {
    if (g.lane() == 3) throw std::runtime_error("lane 3");
    wait();
  };
  CHECK_THROWS_WITH(saddle::run_lanes<4>([&](auto const& g) { third_throws(g, [&] { g.sync(); }); }),
                    "lane 3");
  CHECK_THROWS_WITH(saddle::run_lanes<4>([&](auto const& g) {
                      third_throws(g, [&] { g.template count<4>(16, [](int) { return true; }); });
                    }),
                    "lane 3");
}
