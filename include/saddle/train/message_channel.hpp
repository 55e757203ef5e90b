#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/message_codec.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/core/players.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/run/array_exchange.hpp"
#include "saddle/run/delivery.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// The way of a message: the place of its sender among all, the ranks.
struct route {
  int sender, from, to;
};

/// Messages of one kind and one size: who sends encodes an array, who hears gets a weighted sum of what was sent.
template <class T, compression C, class Engine>
class message_channel {
  using Wire = wire_compressor<C>;
  using Exchange = array_exchange<T, C, Engine>;
  template <class U>
  using array = typename Engine::template array<U>;
  static_assert(!selects_globally<Wire>,
                "these messages are encoded bucket by bucket: use top_k where a compressor selects across buckets");
  static_assert(!encodes_beside_the_direction<Wire> || has_memory<C>,
                "a compressor that looks at the fresh direction needs error_feedback");
  static_assert(feedback_of<C> != feedback::difference,
                "ef21 adds up what a server averages, and here nothing is added up: use error_feedback");

 public:
  /// `remembered` senders of this process have error memories here.
  message_channel(C how, std::int64_t size, int remembered, std::uint64_t seed)
      : how_(std::move(how)), layout_{{size, 0}, Exchange::bucket}, codec_(saddle::unwrapped(how_)) {
    saddle::expect_no_objection(saddle::unwrapped(how_));
    if constexpr (has_memory<C>)
      expects(!how_.subtract_in_look_ahead.value_or(false),
              "error_feedback: subtract_in_look_ahead is set, and nothing that is sent here has a look-ahead");
    now_.seed = seed;
    for (int i = 0; i < remembered; ++i) memory_.emplace_back(has_memory<C> ? padded() : 0);
  }

  message_bytes size() const { return codec_.bytes(layout_, both_players); }
  std::size_t padded() const { return static_cast<std::size_t>(layout_.padded()); }
  array<T> const& memory(int i) const { return memory_[static_cast<std::size_t>(i)]; }
  array<T>& memory(int i) { return memory_[static_cast<std::size_t>(i)]; }
  /// Of each sender of the latest exchange, the lowest coordinate that was not finite, or `none`.
  std::span<std::int64_t const> lowest() const { return lowest_; }

  /// A new exchange of `senders` messages, of which this process encodes from[i] as that of sender first + i. Its error
  /// memory is number memories[i].
  void encode(Engine& engine, std::uint64_t exchange, std::size_t senders, std::size_t first,
              std::span<T const* const> from, std::span<int const> memories) {
    now_.exchange = exchange;
    lowest_.assign(senders, no_coordinate);
    messages_.resize(senders);
    if (bytes_.size() < senders) bytes_.resize(senders);
    sent_.clear();
    for (std::size_t i = 0; i < from.size(); ++i) {
      T* owed = nullptr;
      if constexpr (has_memory<C>) owed = memory(memories[i]).data();
      sent_.push_back({from[i], owed, make_room(first + i)});
    }
    kernels_.send(engine, saddle::unwrapped(how_), layout_, now_, static_cast<std::uint32_t>(first), sent_,
                  lowest_.data() + first);
  }
  /// Brings messages to other processes.
  /// errors  transport_error, bad_message
  void deliver(communicator& between, std::int64_t step, int round, std::span<route const> all) {
    if (between.is_local()) return;
    delivery_.begin();
    for (route const& one : all) {
      if (one.from == one.to || (between.rank() != one.from && between.rank() != one.to)) continue;
      auto const i = static_cast<std::size_t>(one.sender);
      message_key const key{layout_.of(both_players), static_cast<std::int64_t>(now_.exchange), one.sender};
      if (between.rank() == one.from)
        delivery_.send(one.to, codec_, layout_, messages_[i], key, {lowest_[i], one.sender});
      else delivery_.receive(one.from, codec_, layout_, make_room(i), key);
    }
    delivery_.start(between, step, round, {});
    delivery_.finish(between, codec_, layout_, false, [this](typename delivery<T>::arrived const& m) {
      lowest_[static_cast<std::size_t>(m.key.sender)] = m.header->non_finite;
    });
  }
  /// to[i] = the sum of heard[i], terms over the senders. Returns the lowest coordinate of each that would not have
  /// been finite, or `none`: its bucket stays as it is.
  std::span<std::int64_t const> combine(Engine& engine, std::span<std::vector<term<T>> const> heard,
                                        std::span<T* const> to) {
    overflown_.assign(to.size(), no_coordinate);
    kernels_.receive(engine, saddle::unwrapped(how_), layout_, now_, 0, messages_.data(), heard, to, overflown_.data());
    return overflown_;
  }

 private:
  message_planes make_room(std::size_t sender) {
    array<std::byte>& bytes = bytes_[sender];
    bytes.resize(static_cast<std::size_t>(codec_.planes_bytes(layout_)));
    return messages_[sender] = codec_.planes(layout_, bytes.data());
  }

  C how_;
  bucket_layout layout_;
  message_codec_of<Wire, T, true> codec_;
  Exchange kernels_;
  delivery<T> delivery_;
  exchange_facts now_;
  std::vector<array<T>> memory_;
  std::vector<array<std::byte>> bytes_;  // of each sender that sends or is heard here
  std::vector<message_planes> messages_;
  std::vector<std::int64_t> lowest_, overflown_;
  std::vector<array_to_send<T>> sent_;
};

SADDLE_NAMESPACE_END
