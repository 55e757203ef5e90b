#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends 4 bits to its neighbours, who keep public copies") {
  with_each_optimizer([](auto o) { over_gossip(o, qsgd<256, 4>{}); });
}

