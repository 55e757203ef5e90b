#pragma once
#include <thrust/device_vector.h>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Memory of the device, zero at first. It allocates and waits for the device where it is made, resized,
/// assigned or read by the host: before a step or after, never in one.
template <class T>
using device_vector = thrust::device_vector<T>;

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
