#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/exec/thread_pool.hpp"
#include "saddle/group/serial.hpp"

SADDLE_NAMESPACE_BEGIN

/// Buckets over a few threads, each bucket a vectorized loop. The number of threads changes no bit.
struct cpu {
  int threads = 1;

  class engine {
   public:
    explicit engine(cpu const& how) : pool_(how.threads) {}

    /// body on the buckets first ... last - 1 of each of `rows`.
    template <bucket_body Body>
    void run(Body const& body, int rows, std::int64_t first, std::int64_t last) {
      std::int64_t const buckets = last - first, all = rows * buckets;
      std::int64_t const share = all / (8 * pool_.threads());
      pool_.for_each(all, share < 1 ? 1 : share, [&](std::int64_t i) {
        on_bucket(body, static_cast<int>(i / buckets), body.layout.at(first + i % buckets));
      });
    }
    /// f(i) for i = 0 ... n - 1, each on one thread.
    template <class F>
    void each(std::int64_t n, F const& f) {
      pool_.for_each(n, 1, f);
    }
    int threads() const { return pool_.threads(); }

   private:
    /// Flattened: the functions of a coordinate that a body hands to its group must be inlined into its loops, and
    /// the compiler's own measure gives that up in a file with many combinations.
    template <class Body>
    __attribute__((flatten)) static void on_bucket(Body const& body, int row, bucket const& b) {
      run_body(body, serial_group{}, row, b);
    }
    thread_pool pool_;
  };
};

SADDLE_NAMESPACE_END
