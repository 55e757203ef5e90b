// The kernels of a step on the GPU. SADDLE_BENCH_LOG2_SIZE sets the number of coordinates, 2^28 unless it says
// otherwise.
#include "kernels.hpp"

#include <cuda_runtime_api.h>

#include <cstdio>
#include <vector>

#include "../run.hpp"
#include "saddle/executor/cuda.cuh"
#include "saddle/executor/cuda_check.cuh"

namespace {

using saddle::cuda_check;

class gpu {
 public:
  using engine = saddle::cuda::engine;
  static constexpr bool manual_time = true;

  gpu() = default;
  gpu(gpu const&) = delete;
  ~gpu() {
    for (void* p : memory_) cudaFree(p);
  }
  static engine make_engine() { return engine(saddle::cuda{.stream = cudaStreamPerThread}); }
  static std::int64_t coordinates() { return ::coordinates(28); }
  void* allocate(std::int64_t bytes) {
    void* p = nullptr;
    cuda_check(cudaMalloc(&p, static_cast<std::size_t>(bytes < 1 ? 1 : bytes)));
    memory_.push_back(p);
    cuda_check(cudaMemset(p, 0, static_cast<std::size_t>(bytes)));
    return p;
  }
  template <class T>
  T* put(T const* values, std::size_t n) {
    T* const p = static_cast<T*>(allocate(static_cast<std::int64_t>(n * sizeof(T))));
    cuda_check(cudaMemcpy(p, values, n * sizeof(T), cudaMemcpyHostToDevice));
    return p;
  }
  static void fill(float* to, float const* from, std::int64_t n) {
    cuda_check(cudaMemcpy(to, from, static_cast<std::size_t>(n) * sizeof(float), cudaMemcpyHostToDevice));
  }
  /// Seconds of f on the stream of the engine.
  template <class F>
  static double seconds(F f) {
    cudaEvent_t begin, end;
    cuda_check(cudaEventCreate(&begin));
    cuda_check(cudaEventCreate(&end));
    cuda_check(cudaEventRecord(begin, cudaStreamPerThread));
    f();
    cuda_check(cudaEventRecord(end, cudaStreamPerThread));
    cuda_check(cudaEventSynchronize(end));
    float ms = 0;
    cuda_check(cudaEventElapsedTime(&ms, begin, end));
    cuda_check(cudaEventDestroy(begin));
    cuda_check(cudaEventDestroy(end));
    return ms * 1e-3;
  }
  template <class F>
  static void run(benchmark::State& state, F f) {
    f();  // once to warm up
    for (auto _ : state) state.SetIterationTime(seconds(f));
  }
  static double copy_rate() {
    static double const rate = [] {
      gpu device;
      auto const bytes = coordinates() * static_cast<std::int64_t>(sizeof(float));
      void *from = device.allocate(bytes), *to = device.allocate(bytes);
      double best = 0;
      for (int i = 0; i < 10; ++i)
        best = std::max(best, 2.0 * static_cast<double>(bytes) / seconds([&] {
                          cuda_check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes),
                                                     cudaMemcpyDeviceToDevice, cudaStreamPerThread));
                        }));
      return best;
    }();
    return rate;
  }

 private:
  std::vector<void*> memory_;
};

}  // namespace

int main(int argc, char** argv) {
  if (!saddle::has_cuda_device()) {
    std::puts("skipped: no CUDA device");
    return 77;
  }
  register_kernels<gpu>();
  return run_benchmarks(argc, argv);
}
