#pragma once
#include <cublas_v2.h>

#include <cstddef>
#include <memory>
#include <new>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/executor/cuda_check.cuh"
#include "saddle/executor/cuda_handles.cuh"
#include "saddle/executor/device_array.cuh"
#include "saddle/problem/dense_algebra.hpp"

SADDLE_NAMESPACE_BEGIN

/// A call of cuBLAS failed: which error, and where.
class cublas_error : public std::runtime_error {
 public:
  cublas_error(cublasStatus_t what, std::source_location at)
      : std::runtime_error(std::string(at.file_name()) + ":" + std::to_string(at.line()) + ": " +
                           at.function_name() + ": " + cublasGetStatusName(what) + ": " +
                           cublasGetStatusString(what)),
        code(what) {}
  cublasStatus_t code;
};

inline void cublas_check(cublasStatus_t code, std::source_location at = std::source_location::current()) {
  if (code != CUBLAS_STATUS_SUCCESS) throw cublas_error{code, at};
}

template <class F>
__global__ void __launch_bounds__(128) call_for_each(__grid_constant__ F const f, int n) {
  int const i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) f(i);
}

/// `dense_algebra` on one stream: cuBLAS and a kernel.
///
/// promise  nothing allocates or waits after construction, and all can be captured in a graph; the same calls
///          on the same addresses give the same bits (cuBLAS chooses by sizes and alignment, and uses no
///          atomics)
/// units    sums and products are of type T: no TF32 and no emulation, unless the environment tells cuBLAS
///          otherwise
/// errors   cublas_error, cuda_error
template <class T>
class cuda_algebra {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>, "cuBLAS multiplies float and double");
  static constexpr std::size_t workspace_bytes = std::size_t{32} << 20;  // what cuBLAS asks for on Hopper

 public:
  /// On the current device.
  explicit cuda_algebra(cudaStream_t stream) : workspace_(workspace_bytes, stream) {
    cublasHandle_t made = nullptr;
    cublas_check(cublasCreate(&made));
    handle_ = {made, destroy{current_cuda_device()}};
    use(stream);
  }

  /// All that follows goes into this stream.
  void use(cudaStream_t stream) {
    stream_ = stream;
    cublas_check(cublasSetStream(handle_.get(), stream));
    // A new stream brings cuBLAS back to memory of its own.
    cublas_check(cublasSetWorkspace(handle_.get(), workspace_.data(), workspace_bytes));
  }

  void product(dense<T const> a, dense<T const> b, dense<T> c) {
    T const one = 1, zero = 0;
    auto const how = [](dense<T const> const& m) { return m.transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
    if constexpr (std::is_same_v<T, float>)
      cublas_check(cublasSgemm(handle_.get(), how(a), how(b), c.rows, c.columns, a.columns, &one, a.at, a.stride,
                        b.at, b.stride, &zero, c.at, c.stride));
    else
      cublas_check(cublasDgemm(handle_.get(), how(a), how(b), c.rows, c.columns, a.columns, &one, a.at, a.stride,
                        b.at, b.stride, &zero, c.at, c.stride));
  }

  template <class F>
  void for_each(int n, F const& f) {
    static_assert(std::is_trivially_copyable_v<F>, "a kernel's argument is copied byte by byte");
    if (n < 1) return;
    constexpr unsigned threads = 128;
    call_for_each<<<(static_cast<unsigned>(n) + threads - 1) / threads, threads, 0, stream_>>>(f, n);
    cuda_check(cudaGetLastError());
  }

 private:
  struct destroy {
    int device = 0;
    void operator()(cublasContext* handle) const {
      device_guard const here(device, std::nothrow);
      cublasDestroy(handle);
    }
  };
  device_array<std::byte> workspace_;  // outlives the handle
  std::unique_ptr<cublasContext, destroy> handle_{};
  cudaStream_t stream_ = nullptr;
};

static_assert(dense_algebra<cuda_algebra<float>, float> && dense_algebra<cuda_algebra<double>, double>);

SADDLE_NAMESPACE_END
