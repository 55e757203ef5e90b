#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "saddle/algorithm/attendance.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/train/message_channel.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which of the server's batches the i-th of the present gets: one to give its feedback on, and one to learn from.
struct dealt_batches {
  int count;  // k
  int feedback(std::size_t i) const { return static_cast<int>(i) % count; }
  int learning(std::size_t i) const { return static_cast<int>(i + 1) % count; }
  /// Batches that somebody gets, and those that somebody gives its feedback on: the first ones.
  std::size_t sent(std::size_t present) const { return std::min(present + 1, static_cast<std::size_t>(count)); }
  std::size_t answered(std::size_t present) const { return std::min(present, static_cast<std::size_t>(count)); }
};

/// MD-GAN's generated samples go from the server to the workers, a batch to each rank once.
template <class T, compressor C, class Engine>
class sample_exchange {
  template <class U>
  using array = typename Engine::template array<U>;

 public:
  /// values: the numbers of a batch.
  sample_exchange(C how, std::int64_t values, dealt_batches const& dealt, std::uint64_t seed)
      : dealt_(dealt),
        values_(static_cast<std::size_t>(values)),
        channel_(std::move(how), values, 0, seed),
        received_(static_cast<std::size_t>(dealt.count), array<T>(channel_.padded())) {}

  /// made: the batches that are sent, on the server; nothing elsewhere.
  /// errors  transport_error, bad_message
  void run(Engine& engine, communicator& link, attendance const& who, std::int64_t step,
           std::span<T const* const> made) {
    std::size_t const batches = dealt_.sent(who.present.size());
    std::vector<std::vector<bool>> wanted(static_cast<std::size_t>(link.ranks()), std::vector<bool>(batches, false));
    for (std::size_t i = 0; i < who.present.size(); ++i) {
      std::vector<bool>& there = wanted[static_cast<std::size_t>(link.host_of(who.present[i]))];
      there[static_cast<std::size_t>(dealt_.feedback(i))] = there[static_cast<std::size_t>(dealt_.learning(i))] = true;
    }
    routes_.clear();
    heard_.clear();
    to_.clear();
    for (int r = 0; r < link.ranks(); ++r)
      for (std::size_t j = 0; j < batches; ++j) {
        if (!wanted[static_cast<std::size_t>(r)][j]) continue;
        routes_.push_back({static_cast<int>(j), 0, r});
        if (r != link.rank()) continue;
        heard_.push_back({{static_cast<int>(j), T(1)}});
        to_.push_back(received_[j].data());
      }
    channel_.encode(engine, exchange_number(step, md_gan_exchange::samples), batches, 0, made, {});
    channel_.deliver(link, step, static_cast<int>(md_gan_exchange::samples), routes_);
    overflown_ = channel_.combine(engine, heard_, to_);
  }
  /// Batch j as it came.
  std::span<T> batch(int j) { return std::span(received_[static_cast<std::size_t>(j)]).first(values_); }
  message_bytes size() const { return channel_.size(); }
  std::size_t padded() const { return channel_.padded(); }
  // Of the latest one.
  std::span<std::int64_t const> lowest() const { return channel_.lowest(); }
  /// Of each batch that came here the lowest coordinate that was not finite, or `none`: its bucket stayed away.
  std::span<std::int64_t const> overflown() const { return overflown_; }

 private:
  dealt_batches dealt_;
  std::size_t values_;
  message_channel<T, C, Engine> channel_;
  std::vector<array<T>> received_;
  std::span<std::int64_t const> overflown_;

  // Kept to reuse their memory.
  std::vector<route> routes_;
  std::vector<std::vector<term<T>>> heard_;
  std::vector<T*> to_;
};

SADDLE_NAMESPACE_END
