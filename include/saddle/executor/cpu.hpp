#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <numeric>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/executor/thread_pool.hpp"
#include "saddle/lanes/serial.hpp"

SADDLE_NAMESPACE_BEGIN

/// Buckets over a few threads, each bucket a vectorized loop. The number of threads changes no bit.
struct cpu {
  int threads = 1;
  static constexpr bool in_host_memory = true;

  class engine {
   public:
    explicit engine(cpu const& how) : pool_(how.threads) {}

    template <bucket_body Body>
    void run(Body const& body, int rows, std::int64_t first, std::int64_t last) {
      std::int64_t const buckets = last - first, all = rows * buckets;
      std::int64_t const share = all / (8 * pool_.threads());
      pool_.for_each(all, share < 1 ? 1 : share, [&](std::int64_t i) {
        on_bucket(body, static_cast<int>(i / buckets), body.layout.at(first + i % buckets));
      });
    }
    template <class Body>
    void tally(Body const& body, std::int64_t first, std::int64_t last, std::int64_t* totals) {
      constexpr std::int64_t part = 64;  // buckets that count into counters of their own
      pool_.for_each((last - first + part - 1) / part, 1, [&](std::int64_t n) {
        std::vector<std::uint32_t> mine(Body::bins, 0);
        std::int64_t const end = std::min(first + (n + 1) * part, last);
        for (std::int64_t i = first + n * part; i < end; ++i) tally_bucket(body, body.layout.at(i), mine.data());
        for (std::size_t b = 0; b < mine.size(); ++b)
          if (mine[b] != 0) std::atomic_ref(totals[b]).fetch_add(mine[b], std::memory_order_relaxed);
      });
    }
    template <class F>
    void once(F const& f) {
      f();
    }
    template <class U>
    void reserve_scan(std::int64_t) {}
    template <class U>
    void exclusive_scan(U const* in, U* out, std::int64_t n) {
      std::exclusive_scan(in, in + n, out, U{});
    }
    template <class F>
    void replay(int, F const& f) {
      f();
    }
    void forget_recordings() {}
    template <class F>
    void each(std::int64_t n, F const& f) {
      pool_.for_each(n, 1, f);
    }
    int threads() const { return pool_.threads(); }

    template <class U>
    using array = aligned_vector<U>;
    template <class U>
    array<U> allocate(std::size_t n) {
      return array<U>(n);
    }
    template <class U>
    class staged {
     public:
      void resize(engine&, std::size_t n) { values_.resize(n); }
      U& operator[](std::size_t i) { return values_[i]; }
      U* there() { return values_.data(); }
      void publish(engine&) {}

     private:
      aligned_vector<U> values_;
    };
    template <class U>
    void read(U* host, U const* there, std::size_t n) const {
      std::copy_n(there, n, host);
    }
    template <class U>
    void write(U* there, U const* host, std::size_t n) {
      std::copy_n(host, n, there);
    }
    template <class U>
    void copy(U* to, U const* from, std::size_t n) {
      std::copy_n(from, n, to);
    }

   private:
    /// Flattened: the functions of a coordinate that a body hands to its group must be inlined into its loops, and
    /// the compiler's own measure gives that up in a file with many combinations.
    template <class Body>
    __attribute__((flatten)) static void on_bucket(Body const& body, int row, bucket const& b) {
      if (b.count == Body::length) body(serial_group{}, row, b, Body::length);  // a constant: two copies of the code
      else body(serial_group{}, row, b, b.count);
    }
    template <class Body>
    __attribute__((flatten)) static void tally_bucket(Body const& body, bucket const& b, std::uint32_t* counters) {
      auto const counter = [=](int i) { ++counters[i]; };
      if (b.count == Body::length) body(serial_group{}, b, Body::length, counter);
      else body(serial_group{}, b, b.count, counter);
    }
    thread_pool pool_;
  };
};

static_assert(runs_in_host_memory<cpu>);

SADDLE_NAMESPACE_END
