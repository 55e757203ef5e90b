#pragma once
#include <cuda_runtime_api.h>

#include <source_location>
#include <stdexcept>
#include <string>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// A call of the CUDA runtime failed: which error, and where.
class cuda_error : public std::runtime_error {
 public:
  cuda_error(cudaError_t what, std::source_location at)
      : std::runtime_error(std::string(at.file_name()) + ":" + std::to_string(at.line()) + ": " +
                           at.function_name() + ": " + cudaGetErrorName(what) + ": " +
                           cudaGetErrorString(what)),
        code(what) {}
  cudaError_t code;
};

/// errors  cuda_error, with the place of the call
inline void cuda_check(cudaError_t code, std::source_location at = std::source_location::current()) {
  if (code == cudaSuccess) return;
  cudaGetLastError();  // clear it, or the next launch check reports this error as its own
  throw cuda_error{code, at};
}

/// Whether this machine has a device, and a driver for it.
inline bool has_cuda_device() {
  int devices = 0;
  bool const can_tell = cudaGetDeviceCount(&devices) == cudaSuccess;
  cudaGetLastError();
  return can_tell && devices > 0;
}

SADDLE_NAMESPACE_END
