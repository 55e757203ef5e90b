#include "saddle/transport/loopback.hpp"

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>

using namespace saddle;

TEST_CASE("loopback hosts all workers and puts nothing on a wire") {
  for (int workers : {1, 2, 7}) {
    auto const link = loopback{workers}.connect();
    CHECK(link->workers() == workers);
    CHECK(link->is_local());
    CHECK(link->rank() == 0);
    CHECK(link->first() == 0);
    CHECK(link->hosted() == workers);
    std::array<transfer, 1> const transfers{transfer{0, workers - 1}};
    link->start({.step = 1, .round = 0, .transfers = transfers});
    link->finish();
    CHECK(link->wire_bytes() == 0);
  }
}

TEST_CASE("loopback refuses a number of workers that it cannot name") {
  for (int workers : {0, -1, 1 << 24}) CHECK_THROWS_AS(loopback{workers}.connect(), std::invalid_argument);
}
