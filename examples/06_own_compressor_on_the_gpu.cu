// The same compressor as in 02_own_compressor.cpp, in the kernels of the GPU: it sends the same bytes as on the CPU.
#include <cstdio>
#include <saddle/cuda.cuh>
#include <saddle/problem/bilinear.hpp>

#include "half_of_largest.hpp"

int main() {
  using namespace saddle;
  if (!has_cuda_device()) {
    std::puts("skipped: no CUDA device");
    return 77;
  }
  auto const train = [](auto executor) {
    // This game's gradients are the host's: they visit the arrays of the device.
    trainer t{bilinear<float>::random(256, 0.02, 4, 1), omd{.step_size = 0.2}, error_feedback{half_of_largest<>{}},
              parameter_server<>{}, loopback{.workers = 4}, executor};
    t.run(200);
    return t.digest();
  };
  auto const here = train(cpu{}), there = train(saddle::cuda{});
  std::printf("%016llx on the CPU, %016llx on the GPU\n", static_cast<unsigned long long>(here),
              static_cast<unsigned long long>(there));
  return here == there ? 0 : 1;
}
