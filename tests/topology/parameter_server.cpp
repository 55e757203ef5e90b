#include "saddle/topology/parameter_server.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <type_traits>
#include <vector>

using namespace saddle;

TEST_CASE("parameter_server: the plain average of all workers, in their order, whoever asks") {
  parameter_server<> const server;
  std::vector<edge> const quarter{{0, 0.25}, {1, 0.25}, {2, 0.25}, {3, 0.25}};
  for (int m = 0; m < 4; ++m) CHECK(server.sources(m + 1, 0, m, 4) == quarter);
  CHECK(server.sources(1, 0, 0, 1) == std::vector<edge>{{0, 1}});
  CHECK(server.rounds_per_exchange() == 1);
  CHECK_NOTHROW(server.check(1, true, true));
  CHECK_THROWS_AS(server.check(0, false, false), std::invalid_argument);
  static_assert(std::is_same_v<parameter_server<>::scheme<true, feedback::none>, updates<feedback::none>>);
  static_assert(std::is_same_v<parameter_server<>::scheme<false, feedback::difference>, updates<feedback::difference>>);
  using adapting = parameter_server<exact_downlink, adapts::on_average>;
  static_assert(std::is_same_v<adapting::scheme<false, feedback::error>, updates<feedback::error, false, true>>);
}
