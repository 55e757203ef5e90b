#pragma once
#include <thrust/device_vector.h>

#include <cstddef>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Memory of the device, zero at first. It allocates and waits for the device where it is made, resized,
/// assigned or read by the host: before a step or after, never in one.
template <class T>
using device_vector = thrust::device_vector<T>;

/// Zero bytes for n values of a type that needs no constructor: one vector type, whatever they are.
template <class U>
class device_array {
 public:
  device_array() = default;
  explicit device_array(std::size_t n) : bytes_(n * sizeof(U)), size_(n) {}
  U* data() { return reinterpret_cast<U*>(thrust::raw_pointer_cast(bytes_.data())); }
  std::size_t size() const { return size_; }

 private:
  device_vector<std::byte> bytes_;
  std::size_t size_ = 0;
};

/// What kernels take.
template <class T>
T* pointer_to(device_vector<T>& v) {
  return thrust::raw_pointer_cast(v.data());
}
template <class T>
T const* pointer_to(device_vector<T> const& v) {
  return thrust::raw_pointer_cast(v.data());
}

SADDLE_NAMESPACE_END
