#include "saddle/core/players.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace saddle;

TEST_CASE("players: min is player 0, max is player 1") {
  players const p{3, 5};
  CHECK(p.size() == 8);
  CHECK(p.of(static_cast<int>(player::min)) == 3);
  CHECK(p.of(static_cast<int>(player::max)) == 5);

  std::vector<float> x(3), y(5);
  point<float> const w{x, y};
  point<float const> const read = w;
  CHECK(read.of(0).data() == x.data());
  CHECK(read.of(1).data() == y.data());
  CHECK(read.of(0).size() == 3);
  CHECK(read.of(1).size() == 5);
}
