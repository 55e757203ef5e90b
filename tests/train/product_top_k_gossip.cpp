#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends a few coordinates to its neighbours, who keep public copies") {
  with_each_optimizer([](auto o) { over_gossip(o, top_k<128, 16>{}); });
}

