#include "product.hpp"

using namespace test;

namespace {

/// A dithered compressor, and one that contracts, with optimizers that take one and two gradients.
template <class Bare, class Contracting>
void with_each_topology() {
  error_feedback<Contracting> const careful{};
  auto const run = [&](auto o) {
    on_a_server(o, Bare{});
    on_a_server(o, careful, careful);
    over_gossip(o, Contracting{});
    over_gossip(o, careful);
  };
  run(omd{0.01});
  run(extra_adam{.step_size = 0.01});
}

}  // namespace

TEST_CASE("2 bits over every topology") { with_each_topology<qsgd<128, 2>, qsgd<128, 2, rounding::nearest>>(); }
TEST_CASE("8 bits over every topology") { with_each_topology<qsgd<512, 8>, qsgd<512, 8>>(); }
