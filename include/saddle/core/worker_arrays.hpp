#pragma once
#include <cstdint>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/prefetch.hpp"

SADDLE_NAMESPACE_BEGIN

/// No optimizer state.
struct stateless {};

/// Planes of T that a value of each coordinate takes: an aggregate of T, one plane a member. A T itself takes one.
template <class Value, class T>
inline constexpr int planes_of = std::is_empty_v<Value> ? 0 : static_cast<int>(sizeof(Value) / sizeof(T));

/// A worker's arrays of one bucket, seen from its first coordinate. By value and with an int index: pointers in registers
/// are what lets the loops vectorize.
template <class T>
struct bucket_arrays {
  T* w;                // weights
  T* h;                // look-ahead point
  T const* gradient;
  T* memory;           // what error feedback carries over: e
  T* copy;             // this worker's public copy, one plane after the other
  T* anchor;           // where the workers last agreed
  T* sum;              // of the averages that came
  T* state;            // optimizer state, one plane after the other
  std::int64_t plane;  // coordinates a plane of state or copy
  T* outgoing;         // p, put aside while a compressor selects: the memory, or an array of its own
};

/// The same over all padded coordinates. Those that a combination does not use are null. With averaged updates `w` is one
/// and the same for all workers of a process; so are the anchor and the sum.
template <class T>
struct worker_arrays {
  T* w = nullptr;
  T* h = nullptr;
  T const* gradient[2] = {};  // of each player, seen from where coordinate 0 would lie: they may be a user's
  T* memory = nullptr;
  T* copy = nullptr;         // laid out as a message is
  T* anchor = nullptr;
  T* sum = nullptr;
  T* state = nullptr;
  std::int64_t plane = 0;
  T* outgoing = nullptr;

  /// Null stays null.
  SADDLE_HD bucket_arrays<T> from(bucket const& b) const {
    T const* const g = b.player == 0 ? gradient[0] : gradient[1];
    std::int64_t const i = b.begin;
    return {at(w, i),      at(h, i),   at(g, i),     at(memory, i), at(copy, b.begin_in_message()),
            at(anchor, i), at(sum, i), at(state, i), plane,         at(outgoing, i)};
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

/// Asks for the next bucket's values, or its state, while this bucket, of `count` coordinates, is worked on.
template <class Value, class T>
SADDLE_HD void prefetch_next_planes(T const* begin, std::int64_t stride, int count) {
  SADDLE_UNROLL
  for (int j = 0; j < planes_of<Value, T>; ++j) prefetch_next(count, begin + j * stride);
}
template <class State, class T>
SADDLE_HD void prefetch_next_state(bucket_arrays<T> const& a, int count) {
  prefetch_next_planes<State>(a.state, a.plane, count);
}

SADDLE_NAMESPACE_END
