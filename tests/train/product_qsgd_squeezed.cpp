#include "product.hpp"

using namespace test;

TEST_CASE("every optimizer sends 4 bits to its neighbours, with error memory") {
  with_each_optimizer([](auto o) { over_gossip(o, error_feedback<qsgd<256, 4, rounding::nearest>>{}); });
}
