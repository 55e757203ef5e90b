#include "saddle/transport/loopback.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

using namespace saddle;

TEST_CASE("loopback hosts all workers and puts nothing on a wire") {
  for (int workers : {1, 2, 7}) {
    auto const link = loopback{workers}.connect();
    CHECK(link->workers() == workers);
    CHECK(link->first() == 0);
    CHECK(link->hosted() == workers);
    CHECK(link->wire_bytes() == 0);
  }
}

TEST_CASE("loopback hands every message on where it was written, round by round") {
  auto const link = loopback{3}.connect();
  std::array<std::vector<std::byte>, 3> messages;
  for (std::size_t m = 0; m < 3; ++m) messages[m].assign(64 + m, std::byte{1});
  std::array<std::span<std::byte>, 3> const outgoing{messages[0], messages[1], messages[2]};
  link->bind(outgoing);
  std::array<transfer, 2> const transfers{transfer{0, 1}, transfer{1, 2}};
  for (int round = 0; round < 2; ++round) {
    link->start({.step = 1, .round = round, .transfers = transfers});
    link->finish();
    for (int m = 0; m < 3; ++m) CHECK(link->message(m) == messages[static_cast<std::size_t>(m)].data());
  }
  CHECK(messages[2] == std::vector<std::byte>(66, std::byte{1}));
  CHECK(link->wire_bytes() == 0);
}

TEST_CASE("loopback refuses a number of workers that it cannot name") {
  for (int workers : {0, -1, 1 << 24}) CHECK_THROWS_AS(loopback{workers}.connect(), std::invalid_argument);
}
