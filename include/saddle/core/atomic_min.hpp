#pragma once
#include <atomic>
#include <cstdint>
#include <limits>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// No coordinate was found.
inline constexpr std::int64_t no_coordinate = std::numeric_limits<std::int64_t>::max();

/// target = min(target, value), from any lane of any group.
SADDLE_HD void atomic_min(std::int64_t* target, std::int64_t value) {
#ifdef __CUDA_ARCH__
  atomicMin(reinterpret_cast<long long*>(target), static_cast<long long>(value));
#else
  std::atomic_ref<std::int64_t> const shared(*target);
  std::int64_t seen = shared.load(std::memory_order_relaxed);
  while (value < seen && !shared.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
#endif
}

SADDLE_NAMESPACE_END
