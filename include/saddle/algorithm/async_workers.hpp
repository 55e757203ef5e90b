#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/algorithm/push_channel.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/run/checkpoint.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a worker pushes: a message, and of its gradient the number and the lowest coordinate that was not finite.
struct async_push {
  std::byte* message;
  std::int64_t number, non_finite;
};

/// Workers of an asynchronous run that one process hosts: what each has of its latest pull, and what it owes.
///
/// A gradient is a function of the pull and its number, so that it does not matter when it is taken: all that are due
/// are taken together, by all threads, when one of them is wanted. The problem's buffers are each worker's own, and saved.
template <problem P, compression C, runs_in_host_memory Executor>
class async_workers {
  using T = typename P::scalar;
  using engine = typename Executor::engine;
  template <class U>
  using array = typename engine::template array<U>;
  using Channel = push_channel<T, C, Executor>;

 public:
  /// The workers first ... last - 1. The channel is kept elsewhere.
  async_workers(P of, Channel const& channel, std::uint64_t seed, int first, int last)
      : problem_(std::move(of)),
        identity_(identity_of(problem_)),
        channel_(channel),
        seed_(seed),
        first_(first),
        all_(static_cast<std::size_t>(last - first)) {
    if constexpr (has_memory<C>)
      for (worker& w : all_) w.memory.resize(channel_.padded());
  }
  /// What the problem was at construction; empty where it states nothing.
  std::string const& identity() const { return identity_; }
  /// Where the problem begins.
  void initial(point<T> w) const { problem_.initial(seed_, w); }
  bool hosts(int m) const { return m >= first_ && m < first_ + static_cast<int>(all_.size()); }

  /// New weights, for the gradient of this number.
  void pull(int m, std::span<T const> weights, std::int64_t number) {
    worker& w = at(m);
    if (w.weights.empty() && !spare_.empty()) {
      w.weights = std::move(spare_.back());
      spare_.pop_back();
    }
    w.weights.assign(weights.begin(), weights.end());
    if (w.has != held::weights) due_.push_back(m);
    w.has = held::weights;
    w.number = number;
  }
  /// It crashes: all that it had is gone.
  void forget(int m) {
    worker& w = at(m);
    std::erase(due_, m);
    w.has = held::nothing;
    std::ranges::fill(w.memory, T(0));
  }
  void forget_all() {
    for (std::size_t i = 0; i < all_.size(); ++i) forget(first_ + static_cast<int>(i));
  }
  bool has_pushed(int m) const { return at(m).has == held::message; }
  /// Its push was refused: what it said is owed again.
  void restore(engine& by, int m) {
    if constexpr (has_memory<C>)
      channel_.restore(by, at(m).memory.data(), at(m).message.data(), m, at(m).number);
  }

  async_push pushed(engine& by, int m) {
    worker& w = at(m);
    if (w.has == held::weights) take(by);
    return {w.message.data(), w.number, w.non_finite};
  }
  std::span<int const> due() const { return due_; }
  /// All gradients that are due.
  void take(engine& by) {
    constexpr std::size_t at_once = 32;
    for (std::size_t done = 0, n = 0; done < due_.size(); done += n) {
      n = std::min(at_once, due_.size() - done);
      while (lanes_.size() < n) lanes_.push_back(std::make_unique<typename Channel::lane>(channel_));
      by.each(static_cast<std::int64_t>(n), [&](std::int64_t i) {
        auto const place = static_cast<std::size_t>(i);
        take_gradient(*lanes_[place], due_[done + place]);
      });
      for (std::size_t i = done; i < done + n; ++i)
        if (array<T>& used = at(due_[i]).weights; !used.empty()) spare_.push_back(std::move(used));
    }
    due_.clear();
  }
  /// What it owes after its latest gradient; empty without error feedback.
  std::span<T const> memory(int m) const { return at(m).memory; }

  /// When no gradient is due.
  void save(checkpoint_writer& out) const {
    for (std::size_t m = 0; m < all_.size(); ++m) {
      worker const& w = all_[m];
      out.add(static_cast<progress const&>(w));
      out.add(std::string("e"));
      out.add(std::span<T const>(w.memory));
      out.add(std::span<std::byte const>(w.message).first(w.has == held::message ? channel_.planes_size() : 0));
      if constexpr (has_buffers<P>) {
        out.add(std::string("buffers"));
        out.add(std::span<T const>(problem_.buffers(first_ + static_cast<int>(m))));
      }
    }
  }
  /// What was saved of as many workers, for set().
  struct saved;
  std::vector<saved> saved_in(checkpoint_reader& in) const {
    std::vector<saved> all(all_.size());
    for (saved& one : all) {
      one.at = in.template get<progress>();
      in.expect_array("e");
      one.memory = in.template get_all<T>();
      one.message = in.template get_all<std::byte>();
      if (one.memory.size() != all_[0].memory.size() ||
          one.message.size() != (one.at.has == held::message ? channel_.planes_size() : 0))
        in.fail("an array has another size");
      if constexpr (has_buffers<P>) {
        in.expect_array("buffers");
        one.buffers = in.template get_all<T>();
        if (one.buffers.size() != problem_.buffers(first_).size()) in.fail("an array has another size");
      }
    }
    return all;
  }
  void set(std::vector<saved> const& then) {
    due_.clear();
    for (std::size_t m = 0; m < all_.size(); ++m) {
      static_cast<progress&>(all_[m]) = then[m].at;
      all_[m].memory.assign(then[m].memory.begin(), then[m].memory.end());
      all_[m].message.assign(then[m].message.begin(), then[m].message.end());
      if constexpr (has_buffers<P>)
        std::ranges::copy(then[m].buffers, std::span<T>(problem_.buffers(first_ + static_cast<int>(m))).begin());
    }
  }

 private:
  enum class held : std::int64_t { nothing, weights, message };
  struct progress {
    std::int64_t number = 0, non_finite = no_coordinate;
    held has = held::nothing;
  };
  struct worker : progress {
    array<T> weights{}, memory{};
    array<std::byte> message{};
  };

  worker& at(int m) { return all_[static_cast<std::size_t>(m - first_)]; }
  worker const& at(int m) const { return all_[static_cast<std::size_t>(m - first_)]; }

  void take_gradient(typename Channel::lane& by, int m) {
    worker& w = at(m);
    if (w.has != held::weights) return;  // it was taken before another one's gradient threw
    point<T> const to = channel_.split(by.gradient.data());
    point<T> theirs;
    if constexpr (has_gradient_buffers<P>) theirs = problem_.gradient_buffers(m);
    bool const has_theirs = !theirs.min.empty() || !theirs.max.empty();
    problem_.gradient(channel_.split(static_cast<T const*>(w.weights.data())),
                      sample{.seed = seed_, .worker = m, .step = w.number}, has_theirs ? theirs : to);
    for (int p = 0; p < 2; ++p)
      if (has_theirs) std::ranges::copy(theirs.of(p), to.of(p).begin());
    w.message.resize(channel_.planes_size());
    w.non_finite = channel_.encode(by, has_memory<C> ? w.memory.data() : nullptr, w.message.data(), m, w.number);
    w.has = held::message;
  }

  P problem_;
  std::string identity_;
  Channel const& channel_;
  std::uint64_t seed_;
  int first_;
  std::vector<worker> all_;
  std::vector<int> due_;  // whose gradients are to be taken

  // Kept to reuse their memory.
  std::vector<array<T>> spare_;
  std::vector<std::unique_ptr<typename Channel::lane>> lanes_;
};

template <problem P, compression C, runs_in_host_memory Executor>
struct async_workers<P, C, Executor>::saved {
  progress at;
  std::vector<T> memory, buffers;
  std::vector<std::byte> message;
};

SADDLE_NAMESPACE_END
