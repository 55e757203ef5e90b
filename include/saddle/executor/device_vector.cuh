#pragma once
#include <thrust/device_vector.h>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Memory of the device for data of one's own, zero at first. It works on the legacy default stream and waits for it:
/// not where something is captured in a stream that waits for that one. The library's own is in device_array.cuh.
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
