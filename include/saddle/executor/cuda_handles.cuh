#pragma once
#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/executor/cuda_check.cuh"

SADDLE_NAMESPACE_BEGIN

inline int current_cuda_device() {
  int device;
  cuda_check(cudaGetDevice(&device));
  return device;
}

/// Makes a device this thread's current one, and in the end the one that it was before.
/// errors  cuda_error; with std::nothrow none, for destructors: what follows then meets the error itself
class device_guard {
 public:
  explicit device_guard(int device) : device_guard(device, std::nothrow) { cuda_check(code_); }
  device_guard(int device, std::nothrow_t) : code_(cudaGetDevice(&before_)) {
    if (code_ != cudaSuccess || before_ == device) return;
    code_ = cudaSetDevice(device);
    has_switched_ = code_ == cudaSuccess;
  }
  device_guard(device_guard const&) = delete;
  device_guard& operator=(device_guard const&) = delete;
  ~device_guard() {
    if (has_switched_) cudaSetDevice(before_);
  }

 private:
  int before_ = 0;
  bool has_switched_ = false;
  cudaError_t code_;
};

/// Ends what a handle of CUDA names, on its device. Where that fails, because a kernel has failed before, there is
/// nobody to tell: the next call that can throw does.
class cuda_deleter {
 public:
  cuda_deleter() = default;
  explicit cuda_deleter(int device) : device_(device) {}
  void operator()(cudaStream_t s) const { end(s, cudaStreamDestroy); }
  void operator()(cudaEvent_t e) const { end(e, cudaEventDestroy); }
  void operator()(cudaGraph_t g) const { end(g, cudaGraphDestroy); }
  void operator()(cudaGraphExec_t g) const { end(g, cudaGraphExecDestroy); }
  void operator()(std::byte* pinned) const { end(pinned, cudaFreeHost); }
  void operator()(void* there) const { end(there, cudaFree); }

 private:
  template <class Handle, class Destroy>
  void end(Handle handle, Destroy destroy) const {
    device_guard const here(device_, std::nothrow);
    if (destroy(handle) != cudaSuccess) cudaGetLastError();  // or the next launch would report it as its own
  }
  int device_ = 0;
};
template <class Handle>
using cuda_unique = std::unique_ptr<std::remove_pointer_t<Handle>, cuda_deleter>;

/// A stream that its copies share: a given one, which remains the caller's, or one of their own. By default neither.
class cuda_stream {
 public:
  cuda_stream() = default;
  cuda_stream(cudaStream_t given) : stream_(given, [](cudaStream_t) {}) {}
  /// On the current device. It does not wait for the legacy default stream, nor does that one wait for it.
  static cuda_stream own() {
    cudaStream_t made;
    int const device = current_cuda_device();
    cuda_check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking));
    cuda_stream s;
    s.stream_.reset(made, cuda_deleter(device));
    return s;
  }
  bool is_set() const { return stream_.use_count() > 0; }
  cudaStream_t get() const { return stream_.get(); }
  /// Whether it is the legacy default stream, of which no graph can be made.
  bool is_legacy() const {
#ifdef CUDA_API_PER_THREAD_DEFAULT_STREAM
    return is_set() && get() == cudaStreamLegacy;
#else
    return is_set() && (get() == nullptr || get() == cudaStreamLegacy);
#endif
  }

 private:
  std::shared_ptr<std::remove_pointer_t<cudaStream_t>> stream_;
};

SADDLE_NAMESPACE_END
