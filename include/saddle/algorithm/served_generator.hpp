#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/split_gan.hpp"
#include "saddle/train/player_copies.hpp"

SADDLE_NAMESPACE_BEGIN

/// MD-GAN's generator, where the server is; elsewhere there is nothing of it. `drawn(j)` is the sample of batch j.
template <class T, split_gan P, optimizer O, class Engine>
class served_generator {
  template <class U>
  using array = typename Engine::template array<U>;

 public:
  /// padded: the numbers of a batch, as a message has them. The pair is kept elsewhere.
  served_generator(Engine& on, O how, P const& pair, box const& limits, bool is_here, int batches, std::size_t padded)
      : engine_(on), pair_(pair), copies_(on, std::move(how), pair.sizes().min, is_here ? 1 : 0, limits) {
    expects(copies_.phases() == 1,
            "md_gan: the generator's optimizer takes one gradient a step: each costs a round of samples and feedbacks");
    if (!is_here) return;
    made_.assign(static_cast<std::size_t>(batches), array<T>(padded));
    summed_ = made_;
    pulled_.assign(made_.size(), array<T>(static_cast<std::size_t>(copies_.layout().padded())));
    for (int j = 0; j < batches; ++j) buffers_.push_back(generator_buffers_of(pair_, j));
    for (std::span<T> const one : buffers_)
      expects(one.size() == buffers_[0].size(), "md_gan: the generator's buffers have one size for all batches");
  }
  player_copies<T, O, Engine>& copies() { return copies_; }
  player_copies<T, O, Engine> const& copies() const { return copies_; }

  /// What the pair keeps beside the weights. Equal for all batches, except during `generate`.
  std::span<T> buffers() const { return buffers_.empty() ? std::span<T>{} : buffers_[0]; }
  void spread_buffers() {
    for (std::span<T> const one : buffers_)
      if (one.data() != buffers_[0].data()) std::ranges::copy(buffers_[0], one.begin());
  }

  /// The first batches, so many.
  template <class Drawn>
  std::vector<T const*> generate(std::size_t batches, Drawn const& drawn) {
    engine_.each(static_cast<std::int64_t>(batches), [&](std::int64_t at) {
      int const j = static_cast<int>(at);
      pair_.generate(copies_.point(0, 0), drawn(j), values(made_[static_cast<std::size_t>(j)]));
    });
    average_buffers(batches);
    std::vector<T const*> all;
    for (std::size_t j = 0; j < batches; ++j) all.push_back(made_[j].data());
    return all;
  }
  /// Where the feedbacks on each batch are to be added up. What stays of a bucket whose sum would overflow is 0.
  std::vector<T*> sums(std::size_t batches) {
    std::vector<T*> all;
    for (std::size_t j = 0; j < batches; ++j) {
      std::ranges::fill(summed_[j], T(0));
      all.push_back(summed_[j].data());
    }
    return all;
  }
  /// A step along what these sums come to. Returns the lowest coordinate that would not be finite, or `none`.
  template <class Drawn>
  std::int64_t pull_back(std::int64_t step, std::size_t batches, Drawn const& drawn) {
    engine_.each(static_cast<std::int64_t>(batches), [&](std::int64_t at) {
      auto const j = static_cast<std::size_t>(at);
      pair_.pull_back(copies_.point(0, 0), drawn(static_cast<int>(j)), values(summed_[j]),
                      std::span(pulled_[j]).first(static_cast<std::size_t>(copies_.layout().sizes.min)));
    });
    add_up(batches);
    static constexpr int itself[] = {0};
    std::int64_t lowest = no_coordinate;
    copies_.move(step, 0, itself, &lowest);
    return lowest;
  }

 private:
  std::span<T> values(array<T>& a) const {
    return std::span(a).first(static_cast<std::size_t>(pair_.batch()) * static_cast<std::size_t>(pair_.sample_size()));
  }
  /// Over the batches, in their order.
  void add_up(std::size_t batches) {
    std::span<T> const to = copies_.gradient(0, 0);
    bucket_layout const& layout = copies_.layout();
    engine_.each(layout.buckets(), [&](std::int64_t n) {
      bucket const b = layout.at(n);
      for (auto i = static_cast<std::size_t>(b.begin); i < static_cast<std::size_t>(b.begin + b.count); ++i) {
        T sum = T(0);
        for (std::size_t j = 0; j < batches; ++j) sum += pulled_[j][i];
        to[i] = sum;
      }
    });
  }

  /// Over the batches, in their order; what is the same in all of them stays so.
  void average_buffers(std::size_t batches) {
    std::span<T> const mean = buffers_[0];
    for (std::size_t i = 0; i < mean.size(); ++i) {
      T more = T(0);
      for (std::size_t j = 1; j < batches; ++j) more += buffers_[j][i] - mean[i];
      mean[i] += more / static_cast<T>(batches);
    }
    spread_buffers();
  }

  Engine& engine_;
  P const& pair_;
  player_copies<T, O, Engine> copies_;
  std::vector<array<T>> made_, summed_, pulled_;  // one a batch
  std::vector<std::span<T>> buffers_;
};

SADDLE_NAMESPACE_END
