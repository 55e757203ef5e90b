#pragma once
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/exec/cuda_check.cuh"
#include "saddle/group/cuda_block.cuh"

SADDLE_NAMESPACE_BEGIN

/// The lanes for a bucket: 16 coordinates each, so that a default bucket is one warp and needs no barrier.
template <int Bucket>
inline constexpr int cuda_lanes = std::clamp(Bucket / 16, 32, 1024);

/// Threads of a block: a group of several warps has one for itself, warps share one.
template <class Group>
inline constexpr int threads_of = Group::lanes == 32 ? 128 : Group::lanes;

/// The library's kernel: a body on the buckets first ... last - 1 of each row, a group a bucket. Tiles live
/// in registers: one block on a multiprocessor is enough, or the compiler spills some to fit one more.
template <class Group, class Body>
__global__ void __launch_bounds__(threads_of<Group>, 1)
    run(__grid_constant__ Body const body, int rows, std::int64_t first, std::int64_t last) {
  constexpr int groups = threads_of<Group> / Group::lanes;
  __shared__ typename Group::storage storage[groups];
  int const mine = static_cast<int>(threadIdx.x) / Group::lanes;
  Group const g(storage[mine]);
  bucket_layout layout = body.layout;
  layout.length = Body::length;  // the same number, as a constant
  std::int64_t const stride = std::int64_t{gridDim.x} * groups;
  for (int row = static_cast<int>(blockIdx.y); row < rows; row += static_cast<int>(gridDim.y))
    for (std::int64_t i = first + std::int64_t{blockIdx.x} * groups + mine; i < last; i += stride)
      run_body(body, g, row, layout.at(i));
}

/// Kernels on one stream. All that a body points to is memory of the device. Nothing here allocates or waits.
struct cuda {
  cudaStream_t stream{};
  static constexpr bool in_host_memory = false;

  class engine {
   public:
    explicit engine(cuda const& how) : stream_(how.stream) {}

    /// body on the buckets first ... last - 1 of each of `rows`; returns when the kernel is in the stream.
    /// errors  cuda_error if it cannot be launched
    template <bucket_body Body>
    void run(Body const& body, int rows, std::int64_t first, std::int64_t last) {
      if (rows < 1 || last <= first) return;
      using group = cuda_block<cuda_lanes<Body::length>>;
      constexpr int threads = threads_of<group>, groups = threads / group::lanes;
      std::int64_t const blocks = (last - first + groups - 1) / groups;
      dim3 const grid(static_cast<unsigned>(std::min<std::int64_t>(blocks, 0x7FFFFFFF)),
                      static_cast<unsigned>(std::min(rows, 65535)));  // the rest in strides
      saddle::run<group><<<grid, threads, 0, stream_>>>(body, rows, first, last);
      check(cudaGetLastError());
    }
    /// f(i) for i = 0 ... n - 1, here and now: what it does on the device is a matter of its stream.
    template <class F>
    void each(std::int64_t n, F const& f) {
      for (std::int64_t i = 0; i < n; ++i) f(i);
    }
    int threads() const { return 1; }
    cudaStream_t stream() const { return stream_; }

   private:
    cudaStream_t stream_;
  };
};

SADDLE_NAMESPACE_END
