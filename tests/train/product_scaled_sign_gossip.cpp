#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends signs to its neighbours, who keep public copies") {
  with_each_optimizer([](auto o) { over_gossip(o, scaled_sign<256>{}); });
}

