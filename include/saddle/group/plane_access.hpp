#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/worker_arrays.hpp"

SADDLE_NAMESPACE_BEGIN

// Instructions by name: whether the device's compiler merges neighbouring accesses is its own affair.
#ifdef __CUDA_ARCH__
template <class T>
using sixteen_bytes = std::conditional_t<sizeof(T) == 4, float4, double2>;

template <class T>
SADDLE_HD void load_quad(T* to, T const* memory) {
  using part = sixteen_bytes<T>;
  SADDLE_UNROLL
  for (int n = 0; n < static_cast<int>(4 * sizeof(T) / 16); ++n)
    reinterpret_cast<part*>(to)[n] = __ldca(reinterpret_cast<part const*>(memory) + n);
}
template <class T>
SADDLE_HD void store_quad(T* memory, T const* from) {
  using part = sixteen_bytes<T>;
  SADDLE_UNROLL
  for (int n = 0; n < static_cast<int>(4 * sizeof(T) / 16); ++n)
    __stwb(reinterpret_cast<part*>(memory) + n, reinterpret_cast<part const*>(from)[n]);
}
#else
template <class T>
SADDLE_HD void load_quad(T* to, T const* memory) {
  for (int n = 0; n < 4; ++n) to[n] = memory[n];
}
template <class T>
SADDLE_HD void store_quad(T* memory, T const* from) {
  load_quad(memory, from);
}
#endif

/// A value of each coordinate, and what a sweep does with it. Planes that are neither read nor written are not touched
/// and may be null; what is not read begins as zeros.
template <class Value, class T, bool Read, bool Written>
struct plane_access {
  using number = std::remove_const_t<T>;
  static constexpr int count = Read || Written ? planes_of<Value, T> : 0;

  T* begin;
  std::int64_t stride = 0;  // coordinates from plane to plane

  SADDLE_HD Value load([[maybe_unused]] int i) const {
    if constexpr (Read) return load_planes<Value>(begin, stride, i);
    else return {};
  }
  SADDLE_HD void store([[maybe_unused]] int i, [[maybe_unused]] Value const& x) const {
    if constexpr (Written) store_planes(begin, stride, i, x);
  }

  /// Four neighbours in registers.
  struct quad {
    alignas(16) number slot[count > 0 ? count : 1][4];

    SADDLE_HD plane_access<Value, number, true, true> slots() { return {slot[0], 4}; }
    SADDLE_HD void load([[maybe_unused]] plane_access const& from, [[maybe_unused]] int i) {
      if constexpr (Read) {
        SADDLE_UNROLL
        for (int j = 0; j < count; ++j) load_quad(slot[j], from.begin + j * from.stride + i);
      }
    }
    SADDLE_HD void store([[maybe_unused]] plane_access const& to, [[maybe_unused]] int i) const {
      if constexpr (Written) {
        SADDLE_UNROLL
        for (int j = 0; j < count; ++j) store_quad(to.begin + j * to.stride + i, slot[j]);
      }
    }
  };
};

template <bool If = true, class T>
SADDLE_HD plane_access<T, T const, If, false> reads(T const* p) {
  return {p};
}
template <bool If = true, class T>
SADDLE_HD plane_access<T, T, false, If> writes(T* p) {
  return {p};
}
/// Read, and written back; or one of them, or none.
template <bool Written = true, bool Read = true, class T>
SADDLE_HD plane_access<T, T, Read, Written> changes(T* p) {
  return {p};
}
/// The same for values of several planes, and for the optimizer's state.
template <class Value, bool Written = true, bool Read = true, class T>
SADDLE_HD plane_access<Value, T, Read, Written> in_planes(T* p, std::int64_t stride) {
  return {p, stride};
}
template <class State, bool Written = true, bool Read = true, class T>
SADDLE_HD plane_access<State, T, Read, Written> state_of(bucket_arrays<T> const& a) {
  return in_planes<State, Written, Read>(a.state, a.plane);
}

SADDLE_NAMESPACE_END
