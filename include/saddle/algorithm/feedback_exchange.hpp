#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "saddle/algorithm/attendance.hpp"
#include "saddle/algorithm/sample_exchange.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/train/message_channel.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// MD-GAN's feedbacks go from the workers to the server, which adds up those on one batch.
template <class T, compression C, class Engine>
class feedback_exchange {
  template <class U>
  using array = typename Engine::template array<U>;

 public:
  /// values: the numbers of a feedback. This process hosts so many workers.
  feedback_exchange(C how, std::int64_t values, int hosted, std::uint64_t seed)
      : values_(static_cast<std::size_t>(values)),
        channel_(std::move(how), values, hosted, seed),
        feedbacks_(static_cast<std::size_t>(hosted), array<T>(channel_.padded())) {}

  /// Where a hosted worker writes its own.
  std::span<T> of(int local) { return std::span(feedbacks_[static_cast<std::size_t>(local)]).first(values_); }
  /// errors  transport_error, bad_message
  void run(Engine& engine, communicator& link, attendance const& who, std::int64_t step) {
    sent_.clear();
    for (int const local : who.here) sent_.push_back(feedbacks_[static_cast<std::size_t>(local)].data());
    routes_.clear();
    for (std::size_t i = 0; i < who.present.size(); ++i)
      routes_.push_back({static_cast<int>(i), link.host_of(who.present[i]), 0});
    channel_.encode(engine, exchange_number(step, md_gan_exchange::feedbacks), who.present.size(), who.first_here,
                    sent_, who.here);
    channel_.deliver(link, step, static_cast<int>(md_gan_exchange::feedbacks), routes_);
  }
  /// On the server, of the mean over all that came the part on each batch. Returns of each the lowest coordinate that
  /// would not have been finite, or `none`: its bucket stays as it is.
  std::span<std::int64_t const> add_up(Engine& engine, attendance const& who, dealt_batches const& dealt,
                                       std::span<T* const> to) {
    heard_.assign(to.size(), {});
    T const weight = T(1) / static_cast<T>(who.present.size());
    for (std::size_t i = 0; i < who.present.size(); ++i)
      heard_[static_cast<std::size_t>(dealt.feedback(i))].push_back({static_cast<int>(i), weight});
    return channel_.combine(engine, heard_, to);
  }
  message_bytes size() const { return channel_.size(); }
  /// Of the latest ones.
  std::span<std::int64_t const> lowest() const { return channel_.lowest(); }

  /// What error feedback of a hosted worker still owes; the same with its padding.
  std::span<T const> memory(int local) const {
    if constexpr (has_memory<C>) return std::span<T const>(channel_.memory(local)).first(values_);
    else return {};
  }
  std::span<T> padded_memory(int local) { return channel_.memory(local); }
  std::size_t padded() const { return channel_.padded(); }

 private:
  std::size_t values_;
  message_channel<T, C, Engine> channel_;
  std::vector<array<T>> feedbacks_;

  // Kept to reuse their memory.
  std::vector<T const*> sent_;
  std::vector<route> routes_;
  std::vector<std::vector<term<T>>> heard_;
};

SADDLE_NAMESPACE_END
