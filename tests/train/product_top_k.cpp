#include "product.hpp"

using namespace test;

namespace {

using careful_largest = error_feedback<top_k<128, 16>>;

}  // namespace

TEST_CASE("every optimizer sends a few coordinates to a server, with error memory") {
  with_each_optimizer([](auto o) {
    on_a_server(o, careful_largest{});
    on_a_server(o, careful_largest{}, careful_largest{});
  });
  on_a_server(averaged_omd{0.01}, careful_largest{});
  on_a_server(averaged_omd{0.01}, careful_largest{}, careful_largest{});
}
