#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/adapt.hpp"
#include "saddle/step/alone.hpp"
#include "saddle/topology/scheme.hpp"

SADDLE_NAMESPACE_BEGIN

/// Copies of one player, each of which moves alone: weights, look-ahead point, gradient, optimizer state.
template <class T, optimizer O, class Engine>
class player_copies {
  using Rule = rule_of<O, T>;
  static constexpr int length = default_bucket;
  template <class U>
  using array = typename Engine::template array<U>;
  static_assert(!is_rule_pair<Rule>, "copies of one player move by one optimizer: per_player is for a trainer");

 public:
  player_copies(O how, std::int64_t size, int count, box const& limits)
      : how_(std::move(how)), layout_{{size, 0}, length} {
    saddle::expect_no_objection(how_);
    std::string const flaw = objection_to_phases<T>(how_);
    expects(flaw.empty(), [&] { return flaw; });
    for (int k = 0; k < phases(); ++k) {
      expects(at_phase(k).player == phase::both,
              "player_copies: a player that moves alone has nobody to alternate with");
      looks_ahead_ |= saddle::phase_of(how_, k).at_h;
    }
    now_.lo[0] = bound_in<T>(limits.lo);
    now_.hi[0] = bound_in<T>(limits.hi);
    auto const n = static_cast<std::size_t>(layout_.padded());
    for (int i = 0; i < count; ++i) {
      w_.emplace_back(n);
      h_.emplace_back(looks_ahead_ ? n : 0);
      gradient_.emplace_back(n);
      state_.emplace_back(n * static_cast<std::size_t>(state_planes<Rule, T>));
    }
  }

  int phases() const { return phases_of(how_); }
  phase at_phase(int k) const { return phase_of(how_, k); }
  bucket_layout const& layout() const { return layout_; }
  std::span<T> w(int i) { return whole(w_, i); }
  std::span<T const> w(int i) const { return whole(w_, i); }
  /// Where the gradient of a phase is taken.
  std::span<T const> point(int i, int k) const { return whole(at_phase(k).at_h ? h_ : w_, i); }
  std::span<T> gradient(int i) { return whole(gradient_, i); }
  array<T>& state(int i) { return state_[static_cast<std::size_t>(i)]; }

  /// To weights that came from elsewhere: inside of the box, and with nothing to look ahead along.
  void settle(int i) {
    for (T& x : w(i)) x = clamped(x, now_.lo[0], now_.hi[0]);
    if (looks_ahead_) std::ranges::copy(w(i), whole(h_, i).begin());
  }

  /// Phase k of a step on some of the copies, along their gradients. `lowest` has a place for each of them.
  void move(Engine& engine, std::int64_t step, int k, std::span<int const> which, std::int64_t* lowest) {
    now_.step = step;
    now_.rule = how_.template at<T>(step, k);
    table_.clear();
    for (int const m : which) {
      auto const i = static_cast<std::size_t>(m);
      worker_arrays<T> a;
      a.w = w_[i].data();
      a.h = looks_ahead_ ? h_[i].data() : nullptr;
      a.gradient[0] = gradient_[i].data();
      a.state = state_[i].data();
      a.plane = layout_.padded();
      table_.push_back(a);
    }
    auto const launch = [&](auto const& body) {
      engine.run(body, static_cast<int>(which.size()), 0, layout_.buckets());
    };
    if (at_phase(k).commits) {
      launch(step_alone_body<T, Rule, length>{layout_, &now_, table_.data(), lowest});
    } else if constexpr (looks_ahead<Rule, T>) {
      launch(adapt_body<updates<feedback::none>, T, Rule, length>{layout_, &now_, table_.data(), lowest});
    }
  }

  // What determines the future of copy i.
  static constexpr std::size_t arrays = 3;
  std::size_t array_size(std::size_t which) const {
    auto const n = static_cast<std::size_t>(layout_.padded());
    return which == 0 ? n : which == 1 ? (looks_ahead_ ? n : 0) : n * static_cast<std::size_t>(state_planes<Rule, T>);
  }
  T* array_at(int i, std::size_t which) {
    return (which == 0 ? w_ : which == 1 ? h_ : state_)[static_cast<std::size_t>(i)].data();
  }

 private:
  template <class Arrays>
  auto whole(Arrays& all, int i) const {
    return std::span(all[static_cast<std::size_t>(i)]).first(static_cast<std::size_t>(layout_.sizes.min));
  }

  O how_;
  bucket_layout layout_;
  bool looks_ahead_ = false;
  step_context<T, Rule> now_{};
  std::vector<array<T>> w_, h_, gradient_, state_;
  std::vector<worker_arrays<T>> table_;
};

SADDLE_NAMESPACE_END
