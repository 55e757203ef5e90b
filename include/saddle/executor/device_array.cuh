#pragma once
#include <cuda_runtime_api.h>

#include <cstddef>
#include <span>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/executor/cuda_check.cuh"
#include "saddle/executor/cuda_handles.cuh"

SADDLE_NAMESPACE_BEGIN

/// n values in memory of the current device, zero when the stream comes to what follows. Freed on its device, which
/// cudaFree waits for; that never throws.
/// errors  cuda_error
template <class U>
class device_array {
  static_assert(std::is_trivially_copyable_v<U>);

 public:
  device_array() = default;
  device_array(std::size_t n, cudaStream_t stream) : size_(n) {
    if (n == 0) return;
    int const device = current_cuda_device();
    void* made;
    cuda_check(cudaMalloc(&made, n * sizeof(U)));
    there_ = cuda_unique<void*>(made, cuda_deleter(device));
    cuda_check(cudaMemsetAsync(made, 0, n * sizeof(U), stream));
  }
  /// With the values of the host. Waits for the stream.
  device_array(std::type_identity_t<std::span<U const>> values, cudaStream_t stream)
      : device_array(values.size(), stream) {
    if (size_ == 0) return;
    cuda_check(cudaMemcpyAsync(data(), values.data(), values.size_bytes(), cudaMemcpyHostToDevice, stream));
    cuda_check(cudaStreamSynchronize(stream));
  }
  U* data() const { return static_cast<U*>(there_.get()); }
  std::size_t size() const { return size_; }

 private:
  cuda_unique<void*> there_;
  std::size_t size_ = 0;
};

SADDLE_NAMESPACE_END
