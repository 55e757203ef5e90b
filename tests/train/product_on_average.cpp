#include "product.hpp"

using namespace test;

TEST_CASE("gradients are sent to a server, and all adapt to their average") {
  constexpr auto on_average = adapts::on_average;
  using careful = error_feedback<top_k<128, 16>>;
  using coarse = error_feedback<qsgd<128, 8>>;
  double const eta = 0.01;
  on_a_server<on_average>(adam{.step_size = eta}, identity{});
  on_a_server<on_average>(optimistic_adam{.step_size = eta}, coarse{}, careful{});
  on_a_server<on_average>(alternating<adam>{{.step_size = eta}}, qsgd<128, 4>{});
  on_a_server<on_average>(extragradient{eta}, careful{});
  on_a_server<on_average>(averaged_extragradient{eta}, identity{});
  on_a_server<on_average>(per_player<omd, adam>{.min = {eta}, .max = {.step_size = eta}, .max_steps = 3}, careful{});
}
