#include "product.hpp"

using namespace test;

namespace {

using careful = error_feedback<top_k<128, 16>>;

}  // namespace

TEST_CASE("every optimizer sends a few coordinates to a server, with error memory") {
  with_each_optimizer([](auto o) {
    on_a_server(o, careful{});
    on_a_server(o, careful{}, careful{});
  });
  on_a_server(averaged_omd{0.01}, careful{});
  on_a_server(averaged_omd{0.01}, careful{}, careful{});
}
