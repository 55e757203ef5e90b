// A compressor of one's own: written once, it works with every optimizer and topology, on the CPU and on the GPU.
#include <cmath>
#include <cstdio>
#include <saddle/problem/bilinear.hpp>
#include <saddle/saddle.hpp>

#include "half_of_largest.hpp"

int main() {
  using namespace saddle;
  trainer t{bilinear<float>::random(256, 0.02, 4, 1),
            omd{.step_size = 0.2},
            error_feedback{half_of_largest<>{}},
            parameter_server<>{},
            loopback{.workers = 4},
            cpu{}};
  t.run(1000);

  double distance = 0;
  for (auto const part : {t.weights(0).min, t.weights(0).max})
    for (float const w : part) distance = std::hypot(distance, static_cast<double>(w));
  double const coordinates = 4.0 * 1000 * 512;
  double const bits = 8 * static_cast<double>(t.report().uplink.payload) / coordinates;
  std::printf("%s: %.2f bits a coordinate, %.1e from the solution\n", t.report().compressor.c_str(), bits,
              distance);
  return distance < 1e-4 && bits == 2.25 ? 0 : 1;
}
