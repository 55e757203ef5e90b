#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "saddle/cuda.cuh"

namespace {

using namespace saddle;

constexpr int workers = 3, steps = 6;

/// The gradient of |x - c_m|^2 / 2 - |y - c_m|^2 / 2 with noise that only the sample decides, where the kernels are.
struct target {
  using scalar = float;
  players counts;
  float bad_step = -1;  // in this one, a coordinate of worker 1 is not finite

  players sizes() const { return counts; }
  std::vector<tensor> tensors(player who) const {  // the second begins where no quad does
    std::int64_t const n = counts.of(static_cast<int>(who)), first = std::min<std::int64_t>(n, 515);
    return {{first, 1}, {n - first, 1}};
  }
  void initial(std::uint64_t, point<float> w) const {
    std::ranges::fill(w.min, 1.0f);
    std::ranges::fill(w.max, -1.0f);
  }
  SADDLE_HD static float slope(float w, int i, sample const& s, float bad_step) {
    auto const mixed = static_cast<std::uint32_t>(i + 1) * 2654435761u + static_cast<std::uint32_t>(s.step) * 40503u +
                       static_cast<std::uint32_t>(s.worker) * 977u + static_cast<std::uint32_t>(s.draw) * 31u;
    float const noise = static_cast<float>(mixed >> 16 & 1023u) * 0x1p-12f;
    if (static_cast<float>(s.step) == bad_step && s.worker == 1 && i == 5) return INFINITY;
    return w - static_cast<float>(s.worker) + noise;
  }
};
struct on_the_host : target {
  void gradient(point<float const> at, sample s, point<float> out) const {
    for (int p = 0; p < 2; ++p)
      for (std::size_t i = 0; i < at.of(p).size(); ++i)
        out.of(p)[i] = slope(at.of(p)[i], static_cast<int>(i), s, bad_step);
  }
};

__global__ void slopes(float const* at, sample const* s, float* out, int n, float bad_step) {
  int const i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) out[i] = target::slope(at[i], i, *s, bad_step);
}
struct on_the_device : target {
  void gradient(point<float const> at, sample const* s, point<float> out, cudaStream_t stream) const {
    for (int p = 0; p < 2; ++p) {
      int const n = static_cast<int>(at.of(p).size());
      if (n > 0) slopes<<<(n + 127) / 128, 128, 0, stream>>>(at.of(p).data(), s, out.of(p).data(), n, bad_step);
    }
    cuda_check(cudaGetLastError());
  }
};
static_assert(problem<on_the_host> && !device_problem<on_the_host> && device_problem<on_the_device>);

/// The same, after something that the host does: in a first step, and while a second one is recorded.
struct watched : on_the_device {
  std::function<void(int time)> before;
  std::shared_ptr<int> times = std::make_shared<int>(0);
  void gradient(point<float const> at, sample const* s, point<float> out, cudaStream_t stream) const {
    before(++*times);
    on_the_device::gradient(at, s, out, stream);
  }
};

/// The same, into memory of its own.
struct buffered : on_the_device {
  std::vector<device_vector<float>>* buffers;  // two a worker
  point<float> gradient_buffers(int worker) const {
    auto const span_of = [&](int p) {
      device_vector<float>& b = (*buffers)[static_cast<std::size_t>(2 * worker + p)];
      return std::span<float>(pointer_to(b), static_cast<std::size_t>(counts.of(p)));
    };
    return {span_of(0), span_of(1)};
  }
};

struct outcome {
  std::uint64_t digest;
  std::int64_t skipped, bytes, not_finite_step;
  friend bool operator==(outcome const&, outcome const&) = default;
};
template <class Trainer>
outcome outcome_of(Trainer& t) {
  t.run(steps);
  saddle::report const r = t.report();
  return {t.digest(), r.skipped_steps, r.uplink.total + r.downlink.total, r.non_finite ? r.non_finite->step : 0};
}

}  // namespace
