#include "saddle/topology/parameter_server.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <type_traits>
#include <vector>

#include "runs.hpp"

namespace parameter_server_tests {

using namespace saddle;

TEST_CASE("parameter_server: the plain average of all workers, in their order, whoever asks") {
  parameter_server<> const server;
  std::vector<edge> const quarter{{0, 0.25}, {1, 0.25}, {2, 0.25}, {3, 0.25}};
  for (int m = 0; m < 4; ++m) CHECK(server.sources(m + 1, 0, m, 4) == quarter);
  CHECK(server.sources(1, 0, 0, 1) == std::vector<edge>{{0, 1}});
  CHECK(server.rounds_per_exchange() == 1);
  CHECK_NOTHROW(server.check(1, true, true));
  CHECK_THROWS_AS(server.check(0, false, false), std::invalid_argument);
  using averaging = parameter_server<>;
  using adapting = parameter_server<exact_downlink, adapts::on_average>;
  static_assert(std::is_same_v<rule_of<averaging, true, feedback::none>, server_average<feedback::none>>);
  static_assert(std::is_same_v<rule_of<averaging, false, feedback::difference>, server_average<feedback::difference>>);
  static_assert(std::is_same_v<rule_of<adapting, false, feedback::error>, server_average<feedback::error, false, true>>);
  static_assert(averaging::has_server && !averaging::on_average && adapting::has_server && adapting::on_average);
}

}  // namespace parameter_server_tests
