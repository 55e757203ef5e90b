#include "product.hpp"

using namespace test;

TEST_CASE("differences are sent to a server, and added up") {
  using sparse = ef21<top_k<128, 16>>;
  double const eta = 0.01;
  on_a_server(sgda{eta}, ef21<scaled_sign<128>>{});
  on_a_server(averaged_omd{eta}, ef21<qsgd<256, 8>>{});
  on_a_server(adam{.step_size = eta}, sparse{}, error_feedback<top_k<128, 16>>{});
  on_a_server(alternating_sgda{{eta}}, sparse{});
  on_a_server<adapts::on_average>(optimistic_adam{.step_size = eta}, sparse{});
  locally_on_a_server(extragradient{eta}, sparse{});
}
