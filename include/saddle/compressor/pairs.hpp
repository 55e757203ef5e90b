#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"

SADDLE_NAMESPACE_BEGIN

/// What is wrong with the n pairs of a bucket of `count` coordinates: null if every value is finite and the indices
/// ascend below `count`, so that no coordinate is named twice.
template <class T>
char const* flaw_in_pairs(T const* value, std::uint16_t const* index, std::int64_t n, int count) {
  bool ascends = n == 0 || index[n - 1] < count;
  for (std::int64_t i = 1; i < n; ++i) ascends &= index[i - 1] < index[i];
  if (!ascends) return "the indices of a bucket do not ascend or leave it";
  return all_finite(value, n) ? nullptr : "a value is not finite";
}

SADDLE_NAMESPACE_END
