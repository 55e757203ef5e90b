#include "saddle/core/prefetch.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>
#include <unistd.h>

TEST_CASE("asking for memory changes nothing, and may ask for what is not there") {
  // A page that may not be touched follows the array: a read in place of the asking would end the program.
  auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const p = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(p != MAP_FAILED);
  REQUIRE(::mprotect(static_cast<char*>(p) + page, page, PROT_NONE) == 0);
  auto* const x = static_cast<float*>(p);
  int const count = static_cast<int>(page / sizeof(float));
  x[0] = 1;
  saddle::prefetch_next(count, x);
  float const* const absent = nullptr;
  saddle::prefetch_next(count, absent, x + 1);
  CHECK(x[0] == 1);
  ::munmap(p, 2 * page);
}
