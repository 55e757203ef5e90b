#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends exactly to its neighbours") {
  with_each_optimizer([](auto o) { over_gossip(o, identity{}); });
}
