#pragma once
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// A sum of numbers of all sizes, kept in two: what is lost when a small number meets a large sum waits in `rest`.
/// source   Knuth: The Art of Computer Programming 2, section 4.2.2 (the error of an addition)
template <class T>
struct running_sum {
  T value, rest;

  SADDLE_HD void add(T x) {
    x += rest;
    T const sum = SADDLE_AS_WRITTEN(value + x), part = SADDLE_AS_WRITTEN(sum - value);
    T const back = SADDLE_AS_WRITTEN(sum - part);
    rest = SADDLE_AS_WRITTEN(value - back) + SADDLE_AS_WRITTEN(x - part);
    value = sum;
  }
};

SADDLE_NAMESPACE_END
