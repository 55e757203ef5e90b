#pragma once
#include <cstddef>
#include <new>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Memory on cache lines, so that vectors load whole lines and threads do not share one. Large arrays lie on huge pages
/// where the system has them: a step streams through half a dozen arrays at once, and small pages make it wait for
/// address translation more than for memory.
template <class T>
struct aligned_allocator {
  using value_type = T;
  static constexpr std::size_t huge_page = std::size_t{1} << 21;

  aligned_allocator() = default;
  template <class U>
  aligned_allocator(aligned_allocator<U> const&) {}

  T* allocate(std::size_t n) {
    std::size_t const bytes = n * sizeof(T);
    void* const p = ::operator new(bytes, alignment(n));
#ifdef __linux__
    if (bytes >= huge_page) ::madvise(p, bytes, MADV_HUGEPAGE);  // advice: it does not matter if it fails
#endif
    return static_cast<T*>(p);
  }
  void deallocate(T* p, std::size_t n) { ::operator delete(p, alignment(n)); }
  friend bool operator==(aligned_allocator, aligned_allocator) { return true; }

 private:
  static std::align_val_t alignment(std::size_t n) {
    return std::align_val_t{n * sizeof(T) >= huge_page ? huge_page : 64};
  }
};

template <class T>
using aligned_vector = std::vector<T, aligned_allocator<T>>;

SADDLE_NAMESPACE_END
