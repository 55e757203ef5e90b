#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends signs to its neighbours, with error memory") {
  with_each_optimizer([](auto o) { over_gossip(o, error_feedback<scaled_sign<256>>{}); });
}
