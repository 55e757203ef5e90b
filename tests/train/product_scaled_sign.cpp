#include "product.hpp"

using namespace test;

namespace {

using careful_signs = error_feedback<scaled_sign<256>>;

}  // namespace

TEST_CASE("every optimizer sends signs to a server, with error memory") {
  with_each_optimizer([](auto o) {
    on_a_server(o, careful_signs{});
    on_a_server(o, careful_signs{}, careful_signs{});
  });
  on_a_server(averaged_omd{0.01}, careful_signs{});
  on_a_server(averaged_omd{0.01}, careful_signs{}, careful_signs{});
}
