#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/any_problem.hpp"
#include "saddle/problem/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Buffers that a problem writes gradients to, one a worker of this process; empty spans where the run's own are used.
///
/// errors  std::invalid_argument: a buffer of another size than its player, not on 16 bytes, or of two workers
template <class T>
class lent_gradients {
 public:
  /// The problem is kept elsewhere.
  lent_gradients(any_problem<T> const& problem, players sizes, int first, int workers)
      : problem_(&problem), sizes_(sizes), first_(first) {
    for (int m = 0; m < workers; ++m) {
      point<T> const one = problem.gradient_buffers(first + m);
      if (!is_none(one)) expect_sound(one, buffers_);
      buffers_.push_back(one);
    }
  }
  std::span<point<T> const> buffers() const { return buffers_; }

  /// They may be others than in the step before. True if they are.
  bool follow() {
    bool moves = false;
    std::vector<point<T>> now(buffers_.size());
    for (std::size_t m = 0; m < buffers_.size(); ++m) {
      if (is_none(buffers_[m])) continue;
      now[m] = problem_->gradient_buffers(first_ + static_cast<int>(m));
      for (int p = 0; p < 2; ++p) {
        std::span<T> const a = now[m].of(p), b = buffers_[m].of(p);
        moves |= a.data() != b.data() || a.size() != b.size();
      }
    }
    if (!moves) return false;
    for (std::size_t m = 0; m < now.size(); ++m)
      if (!is_none(buffers_[m])) expect_sound(now[m], std::span(now).first(m));
    buffers_ = std::move(now);
    return true;
  }

 private:
  static bool is_none(point<T> const& p) { return p.min.empty() && p.max.empty(); }
  void expect_sound(point<T> const& one, std::span<point<T> const> others) const {
    for (int p = 0; p < 2; ++p) {
      std::span<T> const buffer = one.of(p);
      expects(static_cast<std::int64_t>(buffer.size()) == sizes_.of(p),
              "trainer: a gradient buffer has the player's size");
      expects(reinterpret_cast<std::uintptr_t>(buffer.data()) % 16 == 0, "trainer: gradient buffers lie on 16 bytes");
      for (point<T> const& other : others)
        expects(buffer.empty() || other.of(p).data() != buffer.data(),
                "trainer: each worker has gradient buffers of its own");
    }
  }

  any_problem<T> const* problem_;
  players sizes_;
  int first_;
  std::vector<point<T>> buffers_;
};

SADDLE_NAMESPACE_END
