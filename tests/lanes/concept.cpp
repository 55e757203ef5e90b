#include "saddle/lanes/concept.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

template <int Items, int Lanes>
std::vector<int> all_places() {
  std::vector<int> seen;
  for (int lane = 0; lane < Lanes; ++lane)
    for (int k = 0; k < Items; ++k) seen.push_back(saddle::place<Items, Lanes>(lane, k));
  return seen;
}
template <int Items, int Lanes>
void check_places() {
  std::vector<int> times(Items * Lanes, 0);
  for (int const i : all_places<Items, Lanes>()) ++times.at(static_cast<std::size_t>(i));
  CHECK(times == std::vector<int>(Items * Lanes, 1));
}

}  // namespace

TEST_CASE("the slots of all lanes are the places of the bucket, each once") {
  check_places<512, 1>();
  check_places<1, 32>();
  check_places<2, 8>();
  check_places<4, 32>();
  check_places<16, 32>();
  check_places<64, 8>();
}

TEST_CASE("four neighbours lie on one lane, the next four on the next lane") {
  CHECK(all_places<8, 2>() == std::vector<int>{0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15});
}
