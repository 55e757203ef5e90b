#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends exactly to its neighbours, and their rounds build on each other") {
  with_each_optimizer([](auto o) { over_accelerated_gossip(o); });
}
