#pragma once
#include <cstddef>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Asks for memory before it is needed. A null pointer asks for nothing, and so does a kernel on the GPU, where other
/// warps work while one waits.
SADDLE_HD void prefetch([[maybe_unused]] void const* begin, [[maybe_unused]] int bytes) {
#ifndef __CUDA_ARCH__
  if (begin == nullptr) return;
  for (int i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<std::byte const*>(begin) + i);
#endif
}

/// The same for p[count ... 2 count - 1] of each array: the next bucket, while this one is worked on. A step goes
/// through so many arrays at once, in pieces so short, that the processor does not foresee it.
template <class... T>
SADDLE_HD void prefetch_next(int count, T const*... arrays) {
  (prefetch(arrays == nullptr ? nullptr : arrays + count, count * static_cast<int>(sizeof(T))), ...);
}

SADDLE_NAMESPACE_END
