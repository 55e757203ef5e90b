#include "product.hpp"

using namespace test;

namespace {

using careful_local = error_feedback<top_k<128, 16>>;
double const eta = 0.01;
per_player<omd, optimistic_adam> const pair{.min = {eta}, .max = {.step_size = eta}, .max_steps = 3};

}  // namespace

TEST_CASE("local steps around a server") {
  locally_on_a_server(adam{.step_size = eta}, identity{});
  locally_on_a_server(extragradient{eta}, qsgd<256, 4>{});
  locally_on_a_server(pair, careful_local{}, careful_local{});
  locally_on_a_server(alternating_sgda{{eta}}, careful_local{});
}

TEST_CASE("local steps around gossip") {
  locally_over_gossip(optimistic_adam{.step_size = eta}, identity{});
  locally_over_gossip(pair, qsgd<256, 4>{});
  locally_over_gossip(extra_adam{.step_size = eta}, careful_local{});
}
