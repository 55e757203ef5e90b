#include "product.hpp"

using namespace test;

namespace {

using coarse = qsgd<256, 4>;
using careful_coarse = error_feedback<qsgd<256, 4, rounding::nearest>>;

}  // namespace

TEST_CASE("every optimizer sends 4 bits to a server, with error memory and without") {
  with_each_optimizer([](auto o) {
    on_a_server(o, careful_coarse{});
    on_a_server(o, careful_coarse{}, careful_coarse{});
    on_a_server(o, coarse{});
  });
  on_a_server(averaged_omd{0.01}, careful_coarse{});
  on_a_server(averaged_omd{0.01}, careful_coarse{}, careful_coarse{});
  on_a_server(averaged_omd{0.01}, coarse{});
  on_a_server(averaged_extragradient{0.01}, coarse{});
  on_a_server(averaged_extragradient{0.01}, coarse{}, careful_coarse{});
}
