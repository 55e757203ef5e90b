#pragma once
#include <concepts>
#include <type_traits>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// A matrix of rows x columns in memory: (i, j) is at[i + j * stride], or at[j + i * stride] if it is
/// transposed.
template <class T>
struct dense {
  T* at;
  int rows, columns, stride;
  bool transposed = false;

  constexpr dense transpose() const { return {at, columns, rows, stride, !transposed}; }
  /// Of a matrix that is not transposed.
  SADDLE_HD T& operator()(int i, int j) const { return at[i + j * stride]; }
  template <class U>
    requires(std::is_same_v<U, T const> && !std::is_const_v<T>)
  constexpr operator dense<U>() const { return {at, rows, columns, stride, transposed}; }
};

struct does_nothing {
  SADDLE_HD void operator()(int) const {}
};

/// What computations on matrices are written in, for the host and for the device.
///
/// product(a, b, c)  c = a b; c is not transposed and does not overlap the others
/// for_each(n, f)    f(i) for i = 0 ... n - 1 in any order; f is small, copied, and its call is SADDLE_HD
///
/// Each call sees what the calls before it wrote; it may return earlier than it is done.
template <class A, class T>
concept dense_algebra = requires(A& a, dense<T const> x, dense<T> y, int n, does_nothing f) {
  a.product(x, x, y);
  a.for_each(n, f);
};

SADDLE_NAMESPACE_END
