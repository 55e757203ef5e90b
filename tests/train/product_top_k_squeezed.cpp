#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends a few coordinates to its neighbours, with error memory") {
  with_each_optimizer([](auto o) { over_gossip(o, error_feedback<top_k<128, 16>>{}); });
}
