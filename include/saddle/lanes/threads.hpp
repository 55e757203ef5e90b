#pragma once
#include <atomic>
#include <bit>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/lanes/quads.hpp"

SADDLE_NAMESPACE_BEGIN

/// A few threads on one bucket, for tests: the thread sanitizer sees a missing sync() without a GPU.
///
/// Collectives pass values in relaxed atomics, which order nothing but themselves; only sync() orders memory.
/// errors  where a lane throws, the others leave their next collective by an exception too (see run_lanes)
template <int Lanes>
class thread_group : public quads<thread_group<Lanes>, Lanes> {
  static_assert(Lanes == 4 || Lanes == 8, "a group of 4 or 8 threads");
  using base = quads<thread_group<Lanes>, Lanes>;
  friend base;

 public:
  struct another_lane_failed {};

  /// What the lanes share.
  class meeting {
   public:
    void fail() {
      failed_.store(true, std::memory_order_relaxed);
      { std::lock_guard const lock(mutex_); }
      arrival_.notify_all();
    }

   private:
    friend thread_group;
    void stop_if_failed() const {
      if (failed_.load(std::memory_order_relaxed)) throw another_lane_failed{};
    }

    // Two rows, used in turn: a lane that writes row n + 2 has seen all of row n + 1, so all have read row n.
    std::atomic<std::uint64_t> value_[2][Lanes] = {};
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;
    std::condition_variable arrival_;
    int arrived_ = 0;
    std::int64_t passed_ = 0;
    alignas(16) std::byte scratch_[base::scratch_bytes];
  };

  thread_group(meeting& shared, int lane) : shared_(&shared), lane_(lane) {}
  thread_group(thread_group const&) = delete;

  int lane() const { return lane_; }

  void sync() const {
    std::unique_lock lock(shared_->mutex_);
    std::int64_t const now = shared_->passed_;
    if (++shared_->arrived_ == Lanes) {
      shared_->arrived_ = 0;
      ++shared_->passed_;
      shared_->arrival_.notify_all();
      return;
    }
    while (shared_->passed_ == now) {
      shared_->stop_if_failed();
      shared_->arrival_.wait(lock);
    }
  }

  template <int Items, class F>
  void store_bits(int count, std::uint32_t* words, F f) const {
    constexpr int slots = code_block / Lanes;  // of this lane in a block
    for (int first = 0; first < Items && first * Lanes < count; first += slots) {
      std::uint32_t word[4] = {};
      for (int k = first; k < first + slots; ++k)
        if (int const i = base::template at<Items>(k); i < count)
          word[k % 4] |= static_cast<std::uint32_t>(f(k) ? 1 : 0) << (i % code_block / 4);
      for (int j = 0; j < 4; ++j) {
        std::uint32_t all[Lanes], joined = 0;
        exchange(word[j], all);
        for (std::uint32_t const one : all) joined |= one;
        if (lane_ == j) words[first * Lanes / 32 + j] = joined;
      }
    }
  }

 private:
  template <class T>
  T sum_of_quads(T const (&t)[4]) const {
    T quad[4];
    for (int j = 0; j < 4; ++j) {
      T all[Lanes];
      exchange(t[j], all);
      halve<Lanes, 1>(all);
      quad[j] = all[0];
    }
    halve<4, 1>(quad);
    return quad[0];
  }
  template <class U>
  U max_over_lanes(U x) const {
    U all[Lanes];
    exchange(x, all);
    for (U const y : all) x = y > x ? y : x;
    return x;
  }
  int sum_over_lanes(int n) const {
    int all[Lanes], sum = 0;
    exchange(n, all);
    for (int const m : all) sum += m;
    return sum;
  }
  std::uint64_t exclusive_sum(std::uint64_t x, std::uint64_t& all) const {
    std::uint64_t each[Lanes], before = 0;
    exchange(x, each);
    all = 0;
    for (int l = 0; l < Lanes; ++l) {
      if (l == lane_) before = all;
      all += each[l];
    }
    return before;
  }
  std::byte* scratch() const { return shared_->scratch_; }

  /// all[l] = what lane l gave.
  template <class T>
  void exchange(T x, T (&all)[Lanes]) const {
    auto const bits = std::bit_cast<bits_of<T>>(x);
    std::uint32_t low[Lanes], high[Lanes] = {};
    exchange_word(static_cast<std::uint32_t>(bits), low);
    if constexpr (sizeof(T) == 8) exchange_word(static_cast<std::uint32_t>(bits >> 32), high);
    for (int l = 0; l < Lanes; ++l)
      all[l] = std::bit_cast<T>(static_cast<bits_of<T>>(std::uint64_t{high[l]} << 32 | low[l]));
  }
  void exchange_word(std::uint32_t x, std::uint32_t (&all)[Lanes]) const {
    std::uint32_t const round = ++round_;  // travels with the value, in one word
    auto& row = shared_->value_[round % 2];
    row[lane_].store(std::uint64_t{round} << 32 | x, std::memory_order_relaxed);
    for (int l = 0; l < Lanes; ++l) {
      std::uint64_t seen;
      while ((seen = row[l].load(std::memory_order_relaxed)) >> 32 != round) {
        shared_->stop_if_failed();
        std::this_thread::yield();
      }
      all[l] = static_cast<std::uint32_t>(seen);
    }
  }

  meeting* shared_;
  int lane_;
  mutable std::uint32_t round_ = 0;
};

/// f(group) on every lane of a thread_group, the caller being lane 0.
/// errors  the first exception of a lane, when all have stopped
template <int Lanes, class F>
void run_lanes(F const& f) {
  using group = thread_group<Lanes>;
  typename group::meeting shared;
  std::exception_ptr failure;
  std::mutex mutex;
  auto const lane = [&](int l) {
    try {
      group const g(shared, l);
      f(g);
    } catch (typename group::another_lane_failed const&) {
    } catch (...) {
      {
        std::lock_guard const lock(mutex);
        if (!failure) failure = std::current_exception();
      }
      shared.fail();
    }
  };
  {
    std::vector<std::jthread> others;
    for (int l = 1; l < Lanes; ++l) others.emplace_back(lane, l);
    lane(0);
  }
  if (failure) std::rethrow_exception(failure);
}

static_assert(cooperative_group<thread_group<4>> && cooperative_group<thread_group<8>>);

SADDLE_NAMESPACE_END
