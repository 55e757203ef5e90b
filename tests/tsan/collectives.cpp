// Every collective of eight threads, under the thread sanitizer and equal to what the definitions give.
#include <cstdio>
#include <string>

#include "../lanes/contract.hpp"
#include "saddle/lanes/threads.hpp"

template <int Lanes, class T, int Bucket>
int failures() {
  auto const questions = contract::questions<T, Bucket>();
  auto answers = contract::blank<T, Bucket, Lanes>(questions.size());
  saddle::run_lanes<Lanes>([&](saddle::thread_group<Lanes> const& g) {
    for (std::size_t i = 0; i < questions.size(); ++i) contract::evaluate(g, questions[i], answers[i]);
  });
  int wrong = 0;
  for (std::size_t i = 0; i < questions.size(); ++i)
    if (std::string const why = contract::difference(contract::expected(questions[i]), answers[i]);
        !why.empty()) {
      std::printf("bucket %d, count %d: %s\n", Bucket, questions[i].count, why.c_str());
      ++wrong;
    }
  return wrong;
}

int main() { return failures<8, float, 128>() + failures<8, float, 512>() + failures<4, double, 512>() > 0; }
