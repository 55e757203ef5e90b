#pragma once
#include <type_traits>

#include "saddle/config.hpp"

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

/// A number of each coordinate, and what a sweep does with it. An array that is neither read nor written is not touched
/// and may be null; what is not read begins as zero.
template <class T, bool Read, bool Written>
struct plane_access {
  using number = std::remove_const_t<T>;

  T* begin;

  SADDLE_HD number load([[maybe_unused]] int i) const {
    if constexpr (Read) return begin[i];
    else return {};
  }
  SADDLE_HD void store([[maybe_unused]] int i, [[maybe_unused]] number x) const {
    if constexpr (Written) begin[i] = x;
  }

  /// Four neighbours in registers.
  struct quad {
    alignas(16) number slot[4];

    SADDLE_HD plane_access<number, true, true> slots() { return {slot}; }
    SADDLE_HD void load([[maybe_unused]] plane_access const& from, [[maybe_unused]] int i) {
      if constexpr (Read) load_quad(slot, from.begin + i);
    }
    SADDLE_HD void store([[maybe_unused]] plane_access const& to, [[maybe_unused]] int i) const {
      if constexpr (Written) store_quad(to.begin + i, slot);
    }
  };
};

template <bool If = true, class T>
SADDLE_HD plane_access<T const, If, false> reads(T const* p) {
  return {p};
}
template <bool If = true, class T>
SADDLE_HD plane_access<T, false, If> writes(T* p) {
  return {p};
}
/// Read, and written back; or one of them, or none.
template <bool Written = true, bool Read = true, class T>
SADDLE_HD plane_access<T, Read, Written> changes(T* p) {
  return {p};
}

SADDLE_NAMESPACE_END
