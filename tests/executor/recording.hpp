#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

#include "saddle/executor/cpu.hpp"
#include "saddle/problem/any_problem.hpp"

// An executor that does on the CPU what a GPU's does with graphs: the first time of a kind runs as it is, the second is
// recorded with all its arguments, and from the third on it is the recorded arguments that count. Its memory is the
// host's, but nobody is told.

namespace test {

/// What is recorded of each kind.
class tape {
 public:
  /// f() now or, where it has been recorded, as it was then. It must hold all that it reads by value.
  template <class F>
  void enqueue(F const& f) {
    if (mode_ == mode::playing) {
      std::vector<call>& calls = playing_->calls;
      if (next_ == calls.size() || calls[next_].type != typeid(F))
        throw std::logic_error("a kind of replay has other calls than when it was recorded");
      return calls[next_++].run();
    }
    f();
    if (mode_ == mode::recording) playing_->calls.push_back({typeid(F), f});
  }
  template <class F>
  void replay(int kind, F const& f) {
    expect_idle();
    recording& r = recordings_[kind];
    mode_ = !r.has_run ? mode::off : r.is_recorded ? mode::playing : mode::recording;
    if (mode_ == mode::recording) r.calls.clear();
    playing_ = &r;
    next_ = 0;
    try {
      f();
    } catch (...) {
      mode_ = mode::off;
      throw;
    }
    if (mode_ == mode::playing && next_ != r.calls.size())
      throw std::logic_error("a kind of replay has fewer calls than when it was recorded");
    r.is_recorded |= mode_ == mode::recording;
    r.has_run = true;
    mode_ = mode::off;
  }
  void forget() {
    for (auto& [kind, r] : recordings_) r.is_recorded = false;
  }
  /// A read or a write waits for the device, which nothing that is recorded may do.
  void expect_idle() const {
    if (mode_ != mode::off) throw std::logic_error("a call that waits cannot be recorded");
  }
  std::set<int> kinds() const {
    std::set<int> all;
    for (auto const& [kind, r] : recordings_) all.insert(kind);
    return all;
  }
  int recorded() const {
    return static_cast<int>(
        std::ranges::count_if(recordings_, [](auto const& r) { return r.second.is_recorded; }));
  }

 private:
  struct call {
    std::type_index type;
    std::function<void()> run;
  };
  struct recording {
    bool has_run = false, is_recorded = false;
    std::vector<call> calls;
  };
  enum class mode { off, recording, playing };
  mode mode_ = mode::off;
  recording* playing_ = nullptr;
  std::size_t next_ = 0;
  std::map<int, recording> recordings_;
};

struct recording {
  std::shared_ptr<tape> shared{};  // by the engines of one trainer and its problem; given, a test can read it
  static constexpr bool in_host_memory = false;
  recording opened() const { return {shared ? shared : std::make_shared<tape>()}; }

  class engine {
   public:
    explicit engine(recording const& how) : tape_(how.opened().shared) {}

    template <saddle::bucket_body Body>
    void run(Body const& body, int rows, std::int64_t first, std::int64_t last) {
      tape_->enqueue([=, this] { cpu_.run(body, rows, first, last); });
    }
    template <class Body>
    void tally(Body const& body, std::int64_t first, std::int64_t last, std::int64_t* totals) {
      tape_->enqueue([=, this] { cpu_.tally(body, first, last, totals); });
    }
    template <class F>
    void once(F const& f) {
      tape_->enqueue([=] { f(); });
    }
    template <class U>
    void reserve_scan(std::int64_t) {
      tape_->expect_idle();
    }
    template <class U>
    void exclusive_scan(U const* in, U* out, std::int64_t n) {
      tape_->enqueue([=] { std::exclusive_scan(in, in + n, out, U{}); });
    }
    template <class F>
    void replay(int kind, F const& f) {
      tape_->replay(kind, f);
    }
    void forget_recordings() { tape_->forget(); }
    template <class F>
    void each(std::int64_t n, F const& f) {
      for (std::int64_t i = 0; i < n; ++i) f(i);
    }
    int threads() const { return 1; }

    template <class U>
    using array = saddle::aligned_vector<U>;
    template <class U>
    array<U> allocate(std::size_t n) {
      tape_->expect_idle();
      return array<U>(n);
    }
    template <class U>
    class staged {
     public:
      void resize(engine& e, std::size_t n) {
        values_.resize(n);
        if (n > there_.size()) there_ = e.allocate<U>(n);
      }
      U& operator[](std::size_t i) { return values_[i]; }
      U* there() { return there_.data(); }
      void publish(engine& e) {
        e.tape_->expect_idle();
        std::ranges::copy(values_, there_.begin());
      }

     private:
      std::vector<U> values_;
      array<U> there_;
    };
    template <class U>
    void read(U* host, U const* there, std::size_t n) const {
      tape_->expect_idle();
      std::copy_n(there, n, host);
    }
    template <class U>
    void write(U* there, U const* host, std::size_t n) {
      tape_->expect_idle();
      std::copy_n(host, n, there);
    }
    template <class U>
    void copy(U* to, U const* from, std::size_t n) {
      tape_->enqueue([=] { std::copy_n(from, n, to); });
    }

   private:
    std::shared_ptr<tape> tape_;
    saddle::cpu::engine cpu_{saddle::cpu{}};
  };
};
static_assert(saddle::executor<recording> && !saddle::runs_in_host_memory<recording>);

/// A gradient is recorded as a kernel is.
template <saddle::problem P>
class recorded_problem final : public saddle::erased_problem<P> {
  using T = typename P::scalar;
  using base = saddle::erased_problem<P>;

 public:
  recorded_problem(P p, recording const& how) : base(std::move(p)), tape_(how.shared) {}
  void gradient(saddle::point<T const> at, saddle::sample const* s, saddle::point<T> out, int player) const override {
    tape_->enqueue([=, this] { base::gradient(at, s, out, player); });
  }

 private:
  std::shared_ptr<tape> tape_;
};
}  // namespace test

template <>
struct saddle::erased_for<test::recording> {
  template <saddle::problem P>
  static std::unique_ptr<saddle::any_problem<typename P::scalar>> make(test::recording const& how, P p) {
    return std::make_unique<test::recorded_problem<P>>(std::move(p), how);
  }
};
