#include "product.hpp"

using namespace test;

namespace {

using rescaled = random_k<128, 32>;
using plain = random_k<128, 16, scaling::plain>;
using careful_plain = error_feedback<plain>;

}  // namespace

TEST_CASE("coordinates at random places to a server, with error memory and without") {
  with_some_optimizers([](auto o) {
    on_a_server(o, careful_plain{});
    on_a_server(o, careful_plain{}, careful_plain{});
    on_a_server(o, rescaled{});
  });
  on_a_server(omd{0.01}, rescaled{}, rescaled{});
  on_a_server(averaged_extragradient{0.01}, rescaled{});
}
TEST_CASE("coordinates at random places over gossip, with error memory and without") {
  over_gossip(omd{0.01}, plain{});
  over_gossip(omd{0.01}, careful_plain{});
  over_gossip(extragradient{0.01}, careful_plain{});
}
