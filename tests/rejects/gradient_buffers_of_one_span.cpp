// expects: gradient_buffers_is_const_takes_a_worker_and_gives_a_point
#include "two_workers.hpp"

using namespace saddle;

/// Has buffers of its own, which the trainer would leave out.
struct buffered : product {
  float* place = nullptr;
  std::span<float> gradient_buffers(int) const { return {place, 2}; }
};

int main() {
  trainer sound(product{}, omd{}, identity{}, parameter_server{}, loopback{}, cpu{});
#ifndef SADDLE_ACCEPT
  trainer unsound(buffered{}, omd{}, identity{}, parameter_server{}, loopback{}, cpu{});
#endif
}
