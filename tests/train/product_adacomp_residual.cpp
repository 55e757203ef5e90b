#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends a server what is fresh and large") {
  using careful = error_feedback<adacomp_residual<128, 8>>;
  with_each_optimizer([](auto o) { on_a_server(o, careful{}); });
  on_a_server(averaged_omd{0.01}, careful{});
  on_a_server(omd{0.01}, careful{}, careful{});
}
