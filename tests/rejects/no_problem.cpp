// expects: has_a_gradient
#include "two_workers.hpp"

using namespace saddle;

struct without_gradient {
  using scalar = float;
  players sizes() const { return {1, 1}; }
  void initial(std::uint64_t, point<float>) const {}
};

int main() {
  trainer sound(product{}, omd{}, identity{}, parameter_server{}, loopback{}, cpu{});
#ifndef SADDLE_ACCEPT
  trainer unsound(without_gradient{}, omd{}, identity{}, parameter_server{}, loopback{}, cpu{});
#endif
}
