#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/message.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/step/encode.hpp"
#include "saddle/topology/scheme.hpp"
#include "saddle/run/report.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// A message that another process wants, too: the place of its sender among all, the ranks.
struct delivery {
  int sender, from, to;
};

/// Messages of one kind and one size: who sends encodes an array, who hears gets a weighted sum of what was sent.
template <class T, compression C, class Engine>
class message_channel {
  using Wire = wire_compressor<C>;
  using Scheme = updates<feedback_of<C>, false, true>;  // p is the array as it is, and what is owed
  static constexpr int length = Wire::bucket == any_bucket ? default_bucket : Wire::bucket;
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
      : how_(std::move(how)), layout_{{size, 0}, length} {
    expect_no_objection(saddle::unwrapped(how_));
    if constexpr (has_memory<C>)
      expects(!how_.subtract_in_look_ahead.value_or(false),
              "error_feedback: subtract_in_look_ahead is set, and nothing that is sent here has a look-ahead");
    now_.seed = seed;
    now_.moves = true;
    for (int i = 0; i < remembered; ++i) memory_.emplace_back(has_memory<C> ? padded() : 0);
  }

  message_bytes size() const {
    return {wire_bytes<Wire, T>(layout_, layout_.of(-1), unwrapped(how_)),
            payload_bytes<Wire, T>(layout_, -1, unwrapped(how_))};
  }
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
    table_.clear();
    for (std::size_t i = 0; i < from.size(); ++i) {
      worker_arrays<T> a;
      a.gradient[0] = from[i];
      if constexpr (has_memory<C>) a.memory = memory(memories[i]).data();
      table_.push_back(a);
      make_room(first + i);
    }
    engine.run(encode_body<Scheme, Wire, T, absent_rule, length>{saddle::unwrapped(how_), layout_, &now_, &no_rule_,
                                                                 table_.data(), messages_.data() + first,
                                                                 lowest_.data() + first,
                                                                 static_cast<std::uint32_t>(first)},
               static_cast<int>(from.size()), 0, layout_.buckets());
  }
  /// Brings messages to other processes.
  /// errors  transport_error, bad_message
  void deliver(communicator& between, std::int64_t step, int round, std::span<delivery const> all) {
    if (between.is_local()) return;
    std::deque<message_header> headers;  // a deque does not move what it holds
    std::vector<parcel> sends, receives;
    std::vector<std::pair<message_header*, message_key>> arriving;
    for (delivery const& d : all) {
      if (d.from == d.to || (between.rank() != d.from && between.rank() != d.to)) continue;
      bool const is_ours = between.rank() == d.from;
      auto const i = static_cast<std::size_t>(d.sender);
      message_key const key{layout_.of(-1), static_cast<std::int64_t>(now_.exchange), d.sender};
      if (is_ours) {
        headers.push_back(
            seal_message<Wire, T>(messages_[i], layout_, key, {lowest_[i], d.sender}, saddle::unwrapped(how_)));
      } else {
        make_room(i);
        arriving.emplace_back(&headers.emplace_back(), key);
      }
      std::vector<parcel>& parcels = is_ours ? sends : receives;
      int const other = is_ours ? d.to : d.from;
      parcels.push_back({other, std::as_writable_bytes(std::span(&headers.back(), 1))});
      for (std::span<std::byte> part : wire_parts<Wire, T>(messages_[i], layout_, key.part, saddle::unwrapped(how_)))
        parcels.push_back({other, part});
    }
    between.start({step, round, {}, sends, receives});
    between.finish();
    for (auto const& [header, key] : arriving) {
      auto const i = static_cast<std::size_t>(key.sender);
      open_message<Wire, T>(*header, messages_[i], layout_, key, false, saddle::unwrapped(how_));
      lowest_[i] = header->non_finite;
    }
  }
  /// to[i] = the sum of heard[i], terms over the senders.
  void combine(Engine& engine, std::span<std::vector<term<T>> const> heard, std::span<T* const> to) {
    sources_.clear();
    for (std::vector<term<T>> const& terms : heard)
      sources_.push_back({messages_.data(), terms.data(), static_cast<int>(terms.size())});
    engine.run(combine_body<Wire, T, length>{saddle::unwrapped(how_), layout_, &now_, sources_.data(), to.data()},
               static_cast<int>(heard.size()), 0, layout_.buckets());
  }

 private:
  void make_room(std::size_t sender) {
    array<std::byte>& bytes = bytes_[sender];
    bytes.resize(static_cast<std::size_t>(planes_bytes<Wire, T>(layout_, saddle::unwrapped(how_))));
    messages_[sender] = planes_at<Wire, T>(layout_, bytes.data(), saddle::unwrapped(how_));
  }

  C how_;
  bucket_layout layout_;
  step_switches<T> now_{};
  absent_rule no_rule_;
  std::vector<array<T>> memory_;
  std::vector<array<std::byte>> bytes_;  // of each sender that sends or is heard here
  std::vector<message_planes> messages_;
  std::vector<std::int64_t> lowest_;
  std::vector<worker_arrays<T>> table_;
  std::vector<incoming<T>> sources_;
};

SADDLE_NAMESPACE_END
