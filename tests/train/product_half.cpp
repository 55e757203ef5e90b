#include "product.hpp"

using namespace test;

namespace {

template <class C>
void to_a_server_and_over_gossip() {
  using careful = error_feedback<C>;
  with_some_optimizers([](auto o) { on_a_server(o, careful{}); });
  on_a_server(omd{0.01}, careful{}, careful{});
  over_gossip(omd{0.01}, C{});
  over_gossip(omd{0.01}, careful{});
}

}  // namespace

TEST_CASE("half precision to a server and over gossip") { to_a_server_and_over_gossip<half<256>>(); }
TEST_CASE("bfloat16 to a server and over gossip") { to_a_server_and_over_gossip<bfloat>(); }
