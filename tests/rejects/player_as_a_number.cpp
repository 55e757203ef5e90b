// expects: gradient_of_one_player_is_const_and_takes_a_player
#include "two_workers.hpp"

using namespace saddle;

/// Both take the gradient of one player; only the first can be asked for it.
struct split : product {
  using product::gradient;
  void gradient(point<float const> at, sample, point<float> out, player who) const {
    if (who == player::min) out.min[0] = at.max[0];
    else out.max[0] = -at.min[0];
  }
};
struct numbered : product {
  using product::gradient;
  void gradient(point<float const> at, sample, point<float> out, int who) const {
    if (who == 0) out.min[0] = at.max[0];
    else out.max[0] = -at.min[0];
  }
};

int main() {
  trainer sound(split{}, alternating_sgda{}, identity{}, parameter_server{}, loopback{}, cpu{});
#ifndef SADDLE_ACCEPT
  trainer unsound(numbered{}, alternating_sgda{}, identity{}, parameter_server{}, loopback{}, cpu{});
#endif
}
