#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/problem/any_problem.hpp"
#include "saddle/run/collective.hpp"
#include "saddle/run/run_state.hpp"
#include "saddle/topology/graph.hpp"

SADDLE_NAMESPACE_BEGIN

/// What becomes of a problem's buffers, say the running statistics of a batch normalization, where workers exchange.
///
/// averaged  with the weights: by a server over those who take part, by a graph's rows in each of its rounds
/// own       each worker keeps its own
/// first     all take those of the first worker that takes part, as torch's DistributedDataParallel does: a server's
enum class buffer_rule { averaged, own, first };

/// The buffers of a run: an array of it, that lies where the problem has it, and is exchanged without compression.
template <class T>
class buffer_exchange {
 public:
  /// errors  std::invalid_argument: their sizes differ, or nothing can be done by this rule
  void bind(run_state<T>& run, any_problem<T> const& problem, buffer_rule rule, bool has_server, bool amplifies) {
    rule_ = rule;
    for (int m = 0; m < run.hosted(); ++m) buffers_.push_back(problem.buffers(run.first() + m));
    size_ = buffers_[0].size();
    for (std::span<T> const one : buffers_)
      expects(one.size() == size_, "trainer: the buffers of all workers have one size");
    if (size_ == 0) return;
    expects(run.memory.on_host(), "trainer: a problem with buffers trains on the CPU");
    expects(rule != buffer_rule::first || has_server,
            "settings: buffers == buffer_rule::first is for a server, and gossip has none");
    expects(rule != buffer_rule::averaged || !amplifies,
            "settings: the rounds of accelerated gossip go beyond the mean, and a variance would become negative: set "
            "buffers = buffer_rule::own");
    named_array<T>& all = run.arrays.declare("buffers", {"buffers", false, false, true, false, true, true});
    all.by_workers = true;
    all.size = size_;
    for (std::span<T> const one : buffers_) all.at.push_back({one.data(), one.data()});
  }
  bool exchanges() const { return size_ > 0 && rule_ != buffer_rule::own; }
  message_bytes bytes() const {
    auto const n = static_cast<std::int64_t>(size_ * sizeof(T));
    return {n, n};
  }
  std::string description() const {
    if (size_ == 0) return {};
    char const* const how = rule_ == buffer_rule::own ? "own" : rule_ == buffer_rule::first ? "first" : "averaged";
    return " buffers=" + std::to_string(size_) + "-" + how;
  }

  /// After an exchange of the weights. hears(round, worker): whose weights it has mixed, and how.
  template <class Hears>
  void exchange(run_state<T> const& run, int rounds, Hears const& hears) {
    auto const workers = static_cast<std::size_t>(run.workers());
    all_.resize(workers * size_);
    next_.resize(all_.size());
    auto const row = [&](std::vector<T>& of, int m) {
      return std::span(of).subspan(static_cast<std::size_t>(m) * size_, size_);
    };
    for (int m = 0; m < run.hosted(); ++m)
      std::ranges::copy(buffers_[static_cast<std::size_t>(m)], row(all_, run.first() + m).begin());
    if (run.hosted() < run.workers()) collective(run.link, run.step).share_rows(std::span(all_));
    for (int round = 0; round < rounds; ++round) {
      for (int m = 0; m < run.workers(); ++m) {
        std::span<T> const to = row(next_, m);
        if (run.is_absent(m)) {
          std::ranges::copy(row(all_, m), to.begin());
          continue;
        }
        std::vector<edge> heard = hears(round, m);
        if (rule_ == buffer_rule::first) heard = {{heard.front().worker, 1}};
        std::ranges::fill(to, T(0));
        for (edge const& e : heard) {
          std::span<T const> const from = row(all_, e.worker);
          for (std::size_t i = 0; i < size_; ++i) to[i] += static_cast<T>(e.weight) * from[i];
        }
      }
      all_.swap(next_);
    }
    for (int m = 0; m < run.hosted(); ++m)
      std::ranges::copy(row(all_, run.first() + m), buffers_[static_cast<std::size_t>(m)].begin());
  }

 private:
  buffer_rule rule_ = buffer_rule::own;
  std::vector<std::span<T>> buffers_;  // of each hosted worker
  std::size_t size_ = 0;
  std::vector<T> all_, next_;
};

SADDLE_NAMESPACE_END
