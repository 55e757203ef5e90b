#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/prefetch.hpp"

SADDLE_NAMESPACE_BEGIN

/// No optimizer state.
struct stateless {};

/// Planes of T that a value of each coordinate takes: an aggregate of T, one plane a member. A T itself takes one.
template <class Value, class T>
inline constexpr int planes_of = std::is_empty_v<Value> ? 0 : static_cast<int>(sizeof(Value) / sizeof(T));

/// The arrays of one worker, each over the padded coordinates. Those that a combination does not use are null.
/// With averaged updates `w` and `average` are one and the same for all workers of a process.
template <class T>
struct worker_arrays {
  T* w = nullptr;             // weights
  T* h = nullptr;             // look-ahead point
  T const* gradient = nullptr;
  T* memory = nullptr;        // what error feedback carries over: e
  T* copy = nullptr;          // this worker's public copy
  T* state = nullptr;         // optimizer state, one plane after the other
  std::int64_t plane = 0;     // coordinates a plane of state
  T* outgoing = nullptr;      // p, put aside while a compressor selects: the memory, or an array of its own

  /// The same arrays seen from a bucket's first coordinate. By value and with an int index: pointers in
  /// registers are what lets the loops vectorize. Null stays null.
  SADDLE_HD worker_arrays from(std::int64_t begin) const {
    return {at(w, begin),    at(h, begin),     at(gradient, begin), at(memory, begin),
            at(copy, begin), at(state, begin), plane,               at(outgoing, begin)};
  }

 private:
  template <class U>
  SADDLE_HD static U* at(U* a, std::int64_t begin) {
    return a + (a == nullptr ? 0 : begin);
  }
};

/// One coordinate's value, read from its planes, which lie `stride` numbers apart.
template <class Value, class T>
SADDLE_HD Value load_planes(T const* begin, std::int64_t stride, int i) {
  if constexpr (std::is_empty_v<Value>) {
    return {};
  } else {
    struct planes {
      T value[planes_of<Value, T>];
    } v;
    SADDLE_UNROLL
    for (int j = 0; j < planes_of<Value, T>; ++j) v.value[j] = begin[j * stride + i];
    return __builtin_bit_cast(Value, v);
  }
}
template <class Value, class T>
SADDLE_HD void store_planes(T* begin, std::int64_t stride, int i, Value const& x) {
  if constexpr (!std::is_empty_v<Value>) {
    struct planes {
      T value[planes_of<Value, T>];
    };
    auto const v = __builtin_bit_cast(planes, x);
    SADDLE_UNROLL
    for (int j = 0; j < planes_of<Value, T>; ++j) begin[j * stride + i] = v.value[j];
  }
}

template <class State, class T>
SADDLE_HD State load_state(worker_arrays<T> const& a, int i) {
  return load_planes<State>(a.state, a.plane, i);
}
template <class State, class T>
SADDLE_HD void store_state(worker_arrays<T> const& a, int i, State const& s) {
  store_planes(a.state, a.plane, i, s);
}

/// Asks for the next bucket's state while this bucket, of `count` coordinates, is worked on.
template <class State, class T>
SADDLE_HD void prefetch_next_state(worker_arrays<T> const& a, int count) {
  SADDLE_UNROLL
  for (int j = 0; j < planes_of<State, T>; ++j) prefetch_next(count, a.state + j * a.plane);
}

SADDLE_NAMESPACE_END
