// DQGAN on a bilinear game: four workers with different data send 8 bits a coordinate and find the saddle point.
#include <cmath>
#include <cstdio>
#include <saddle/problem/bilinear.hpp>
#include <saddle/saddle.hpp>

int main() {
  using namespace saddle;
  trainer t{bilinear<>::random(5, 0.3, 4, 1),  // f_m(x, y) = x' A_m y on worker m: the solution is 0
            omd{.step_size = 0.2},             // optimistic mirror descent: one gradient a step, taken ahead of w
            error_feedback{qsgd<512, 8>{}},    // 8 bits a coordinate; what they cannot say is sent later
            parameter_server<>{},              // a server averages
            loopback{.workers = 4}, cpu{}};    // four workers in this process, on one thread
  double distance = 0;
  t.run(2000, [&](report const& r) {
    distance = 0;
    for (int p = 0; p < 2; ++p)
      for (double const w : t.weights(0).of(p)) distance = std::hypot(distance, w);
    if (r.step % 400 == 0) std::printf("step %4d: %.1e\n", static_cast<int>(r.step), distance);
  });
  return distance < 1e-6 ? 0 : 1;
}
