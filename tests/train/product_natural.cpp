#include "product.hpp"

using namespace test;

TEST_CASE("powers of two to a server and over gossip, with error memory and without") {
  using bare = natural<256>;
  using careful = error_feedback<bare>;
  with_some_optimizers([](auto o) {
    on_a_server(o, bare{});
    on_a_server(o, careful{}, careful{});
  });
  on_a_server(averaged_extragradient{0.01}, bare{}, bare{});
  over_gossip(omd{0.01}, bare{});
  over_gossip(omd{0.01}, careful{});
}
