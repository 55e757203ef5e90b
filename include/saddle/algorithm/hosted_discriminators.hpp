#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "saddle/algorithm/attendance.hpp"
#include "saddle/config.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/split_gan.hpp"
#include "saddle/train/player_copies.hpp"

SADDLE_NAMESPACE_BEGIN

/// MD-GAN's discriminators of one process. Of those present, number i has the sample drawn(i, draw) of its data, and
/// the generated batch(i).
template <class T, split_gan P, optimizer O, class Engine>
class hosted_discriminators {
 public:
  /// Those of so many workers, from number `first` on. The pair is kept elsewhere.
  hosted_discriminators(Engine& on, O how, P const& pair, box const& limits, int first, int hosted)
      : engine_(on), pair_(pair), copies_(on, std::move(how), pair.sizes().max, hosted, limits) {
    for (int n = first; n < first + hosted; ++n) buffers_.push_back(discriminator_buffers_of(pair_, n));
    for (std::span<T> const one : buffers_)
      expects(one.size() == buffers_[0].size(), "md_gan: the discriminators' buffers have one size for all workers");
  }
  player_copies<T, O, Engine>& copies() { return copies_; }
  player_copies<T, O, Engine> const& copies() const { return copies_; }
  /// What the pair keeps beside their weights.
  std::vector<std::span<T>> const& buffers() const { return buffers_; }

  /// Gradient k of this step of their optimizers, and what follows it. Returns of each that is here the lowest
  /// coordinate that would not be finite, or `none`.
  template <class Drawn, class Batch>
  std::span<std::int64_t const> ascend(attendance const& who, std::int64_t step, int k, Drawn const& drawn,
                                       Batch const& batch) {
    each_here(who, [&](std::size_t i, int local) {
      pair_.ascend(copies_.point(local, k), drawn(i, copies_.draw(step, k)), batch(i), copies_.gradient(local, k));
    });
    lowest_.assign(who.here.size(), no_coordinate);
    copies_.move(step, k, who.here, lowest_.data());
    return lowest_;
  }
  /// Each writes its feedback to to(local).
  template <class Drawn, class Batch, class To>
  void feedback(attendance const& who, Drawn const& drawn, Batch const& batch, To const& to) {
    each_here(who, [&](std::size_t i, int local) {
      pair_.feedback(copies_.w(local), drawn(i, 0), batch(i), to(local));
    });
  }

 private:
  /// f(i, local) for all present that are hosted here: the i-th of those present.
  template <class F>
  void each_here(attendance const& who, F const& f) {
    engine_.each(static_cast<std::int64_t>(who.here.size()), [&](std::int64_t at) {
      auto const i = static_cast<std::size_t>(at);
      f(who.first_here + i, who.here[i]);
    });
  }

  Engine& engine_;
  P const& pair_;
  player_copies<T, O, Engine> copies_;
  std::vector<std::span<T>> buffers_;
  std::vector<std::int64_t> lowest_;
};

SADDLE_NAMESPACE_END
