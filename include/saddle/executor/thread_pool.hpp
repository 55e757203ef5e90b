#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"

SADDLE_NAMESPACE_BEGIN

/// Threads that wait for loops. The caller works too, so `threads` = 1 starts none.
/// errors  the first exception of an iteration is thrown in the caller, when all threads have stopped
class thread_pool {
 public:
  explicit thread_pool(int threads) {
    expects(threads >= 1, "thread_pool: there must be at least one thread");
    try {
      for (int i = 1; i < threads; ++i) others_.emplace_back([this] { serve(); });
    } catch (...) {  // the system has no more threads: the ones that started must not wait for ever
      stop();
      throw;
    }
  }
  thread_pool(thread_pool const&) = delete;
  thread_pool& operator=(thread_pool const&) = delete;
  ~thread_pool() { stop(); }

  int threads() const { return static_cast<int>(others_.size()) + 1; }

  /// f(i) for i = 0 ... n - 1, in any order, `chunk` consecutive ones by the same thread.
  template <class F>
  void for_each(std::int64_t n, std::int64_t chunk, F const& f) {
    run(n, chunk, &f, [](void const* body, std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) (*static_cast<F const*>(body))(i);
    });
  }

 private:
  using loop = void (*)(void const* body, std::int64_t first, std::int64_t last);

  void run(std::int64_t n, std::int64_t chunk, void const* body, loop of) {
    if (others_.empty() || n <= chunk) return of(body, 0, n);
    {
      std::lock_guard const lock(mutex_);
      loop_ = of;
      body_ = body;
      length_ = n;
      chunk_ = chunk;
      next_.store(0, std::memory_order_relaxed);
      working_ = static_cast<int>(others_.size());
      failure_ = nullptr;
      ++generation_;
    }
    wake_.notify_all();
    work();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return working_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
  }
  void stop() {
    {
      std::lock_guard const lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& t : others_) t.join();
    others_.clear();
  }
  void work() {
    try {
      for (;;) {
        std::int64_t const first = next_.fetch_add(chunk_, std::memory_order_relaxed);
        if (first >= length_) return;
        loop_(body_, first, first + chunk_ < length_ ? first + chunk_ : length_);
      }
    } catch (...) {
      std::lock_guard const lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_.store(length_, std::memory_order_relaxed);
    }
  }
  void serve() {
    for (std::int64_t seen = 0;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stop_ || generation_ != seen; });
        if (stop_) return;
        seen = generation_;
      }
      work();
      bool last;
      {
        std::lock_guard const lock(mutex_);
        last = --working_ == 0;
      }
      if (last) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  loop loop_ = nullptr;
  void const* body_ = nullptr;
  std::int64_t length_ = 0, chunk_ = 1, generation_ = 0;
  std::atomic<std::int64_t> next_ = 0;
  int working_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> others_;
};

SADDLE_NAMESPACE_END
