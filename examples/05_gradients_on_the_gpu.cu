// A problem whose gradients a kernel of one's own takes, on the device and in the step's buffers; it becomes part of
// the graph that a step is.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <saddle/cuda.cuh>

/// f_m(x, y) = sum of a_i x_i y_i with other a_i on each worker: the gradient is (a y, -a x), the solution 0.
__global__ void slopes(float const* x, float const* y, saddle::sample const* s, float* by_x, float* by_y, int n) {
  int const i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= n) return;
  float const a = 1 + 0.1f * static_cast<float>((i + s->worker) % 5);
  by_x[i] = a * y[i];
  by_y[i] = -a * x[i];
}

struct products {
  using scalar = float;
  int n;

  saddle::players sizes() const { return {n, n}; }
  void initial(std::uint64_t, saddle::point<float> w) const {
    std::ranges::fill(w.min, 1.0f);
    std::ranges::fill(w.max, 1.0f);
  }
  // Spans and the sample lie on the device. A kernel reads the sample, for a replayed graph finds another there each
  // step.
  void gradient(saddle::point<float const> at, saddle::sample const* s, saddle::point<float> out,
                cudaStream_t stream) const {
    slopes<<<(n + 127) / 128, 128, 0, stream>>>(at.min.data(), at.max.data(), s, out.min.data(), out.max.data(), n);
    saddle::cuda_check(cudaGetLastError());
  }
};

int main() {
  using namespace saddle;
  if (!has_cuda_device()) {
    std::puts("skipped: no CUDA device");
    return 77;
  }
  trainer t{products{1000}, omd{.step_size = 0.2}, error_feedback{qsgd<512, 8>{}}, parameter_server<>{},
            loopback{.workers = 4}, saddle::cuda{}};
  t.run(1000);
  double distance = 0;
  for (int p = 0; p < 2; ++p)
    for (float const w : t.weights(0).of(p)) distance = std::hypot(distance, static_cast<double>(w));
  std::printf("%.1e from the solution after %d steps\n", distance, 1000);
  return distance < 1e-4 ? 0 : 1;
}
