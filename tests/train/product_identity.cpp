#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends exactly to a server") {
  with_each_optimizer([](auto o) { on_a_server(o, identity{}); });
  on_a_server(averaged_omd{0.01}, identity{});
  on_a_server(averaged_extragradient{0.01}, identity{});
  on_a_server(omd{0.01}, error_feedback<identity>{});
}
