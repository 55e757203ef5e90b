#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/algorithm/apply_push.hpp"
#include "saddle/algorithm/staleness.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/message_codec.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bad_message.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/players.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/run/array_exchange.hpp"
#include "saddle/run/grouping.hpp"

SADDLE_NAMESPACE_BEGIN

/// From gradients to messages, and from there to weights: what an asynchronous run compiles of its compressor.
///
/// What is sent is the gradient, or with error feedback the gradient and what is owed: step sizes are the server's.
template <class T, compression C, class Executor>
class push_channel {
  using Wire = wire_compressor<C>;
  using Exchange = array_exchange<T, C, typename Executor::engine>;
  using engine = typename Executor::engine;
  template <class U>
  using array = typename engine::template array<U>;
  static_assert(feedback_of<C> != feedback::difference,
                "ef21 adds up what a server averages, and this one averages nothing: use error_feedback, or send bare");
  static_assert(!encodes_beside_the_direction<Wire> || has_memory<C>,
                "a compressor that looks at the fresh direction needs error_feedback");

 public:
  /// What one gradient at a time is encoded with, by one thread.
  struct lane {
    engine alone{Executor{}};
    array<T> gradient;
    Exchange kernels{};
    explicit lane(push_channel const& of) : gradient(of.padded()) {}
  };

  push_channel(C how, players sizes, tensor_sizes const& tensors, box const& of_min, box const& of_max,
               std::uint64_t seed)
      : how_(std::move(how)), tensors_(sizes, Exchange::bucket, tensors), codec_(saddle::unwrapped(how_)), seed_(seed) {
    saddle::expect_no_objection(saddle::unwrapped(how_));
    if constexpr (has_memory<C>)
      expects(!how_.subtract_in_look_ahead.value_or(false),
              "async_server: subtract_in_look_ahead is set, and a worker's gradient has no look-ahead");
    for (int p = 0; p < 2; ++p) {
      box_.lo[p] = bound_in<T>((p == 0 ? of_min : of_max).lo);
      box_.hi[p] = bound_in<T>((p == 0 ? of_min : of_max).hi);
    }
  }

  bucket_layout layout() const { return tensors_.on_host(); }
  std::size_t padded() const { return static_cast<std::size_t>(layout().padded()); }
  message_bytes size() const {
    return codec_.bytes(layout(), both_players);
  }
  std::size_t planes_size() const { return static_cast<std::size_t>(codec_.planes_bytes(layout())); }
  std::string details() const {
    bucket_layout const all = layout();
    std::string text;
    if constexpr (selects_globally<Wire>) text = " kept=" + std::to_string(codec_.pairs(all));
    return text + grouping_detail(all);
  }
  /// An array of all padded coordinates, as the players see it.
  template <class U>
  point<U> split(U* a) const {
    bucket_layout const all = layout();
    return {{a, static_cast<std::size_t>(all.sizes.min)},
            {a + all.begin_of(1), static_cast<std::size_t>(all.sizes.max)}};
  }
  /// To the box of the players.
  void clamp(T* w) const {
    for (int p = 0; p < 2; ++p)
      for (T& x : split(w).of(p)) x = clamped(x, box_.lo[p], box_.hi[p]);
  }

  /// Encodes l.gradient as the worker's message of this number, and keeps in `memory` what it does not say; null
  /// without error feedback. Returns the lowest coordinate that was not finite, or `none`: its bucket is left out.
  std::int64_t encode(lane& l, T* memory, std::byte* message, int worker, std::int64_t number) const {
    bucket_layout const all = layout();
    array_to_send<T> const one{l.gradient.data(), memory, codec_.planes(all, message)};
    std::int64_t lowest = no_coordinate;
    l.kernels.send(l.alone, saddle::unwrapped(how_), all, facts_of(number), static_cast<std::uint32_t>(worker),
                   std::span(&one, 1), &lowest);
    return lowest;
  }
  /// The server has not applied this message: what it said is owed again.
  void restore(engine& by, T* memory, std::byte* message, int worker, std::int64_t number) const {
    bucket_layout const all = layout();
    array_to_send<T> const one{nullptr, memory, codec_.planes(all, message)};
    Exchange().undo(by, saddle::unwrapped(how_), all, facts_of(number), static_cast<std::uint32_t>(worker),
                    std::span(&one, 1));
  }
  /// The message as it leaves the process, in size().total bytes.
  void seal(std::span<std::byte> to, std::byte* message, std::int64_t non_finite, int worker,
            std::int64_t number) const {
    bucket_layout const all = layout();
    message_planes const planes = codec_.planes(all, message);
    message_key const key{all.of(both_players), number - 1, worker};
    message_header const header = codec_.seal(all, planes, key, {non_finite, worker});
    auto const append = [&](std::span<std::byte const> part) {
      std::ranges::copy(part, to.begin());
      to = to.subspan(part.size());
    };
    append(std::as_bytes(std::span(&header, 1)));
    for (std::span<std::byte> const part : codec_.parts(all, planes, key.part)) append(part);
  }
  /// Takes it up from bytes that came. Returns the coordinate that was not finite, or `none`.
  /// errors  bad_message
  std::int64_t open(std::span<std::byte const> from, std::byte* message, int worker, std::int64_t number) const {
    bucket_layout const all = layout();
    message_planes const planes = codec_.planes(all, message);
    message_key const key{all.of(both_players), number - 1, worker};
    if (static_cast<std::int64_t>(from.size()) != size().total)
      throw bad_message("a push of worker " + std::to_string(worker) + " has " + std::to_string(from.size()) +
                        " bytes, not " + std::to_string(size().total));
    message_header header;
    std::memcpy(&header, from.data(), sizeof header);
    from = from.subspan(sizeof header);
    for (std::span<std::byte> const part : codec_.parts(all, planes, key.part)) {
      std::ranges::copy(from.first(part.size()), part.begin());
      from = from.subspan(part.size());
    }
    codec_.open(all, header, planes, key, false);
    return header.non_finite;
  }
  /// What a push meets on the server; see apply_push_kernel.
  struct target {
    double step_size[2];
    std::int64_t pushes;
    std::uint32_t const* updates;
    T* weights;
    std::uint8_t* touched;
  };
  /// Returns the lowest coordinate that would not have been finite, or `none`.
  template <staleness_rule S>
  std::int64_t apply(engine& by, S const& rule, target const& to, std::byte* message, int worker,
                     std::int64_t number) const {
    bucket_layout const all = layout();
    std::int64_t lowest = no_coordinate;
    by.run(apply_push_kernel<Wire, T, S, Exchange::bucket>{
               saddle::unwrapped(how_),
               all,
               facts_of(number),
               box_,
               rule,
               {static_cast<T>(to.step_size[0]), static_cast<T>(to.step_size[1])},
               static_cast<std::uint32_t>(std::min(to.pushes, most_pushes)),
               to.updates,
               codec_.planes(all, message),
               static_cast<std::uint32_t>(worker),
               to.weights,
               to.touched,
               &lowest},
           1, 0, all.buckets());
    return lowest;
  }

 private:
  /// No two messages of a worker share their random bits.
  exchange_facts facts_of(std::int64_t number) const { return {seed_, static_cast<std::uint64_t>(number - 1)}; }

  static constexpr std::int64_t most_pushes = 0xffffffff;  // that a rule of staleness is told of

  C how_;
  tensor_layout tensors_;
  message_codec_of<Wire, T, true> codec_;
  std::uint64_t seed_;
  bounds<name::x, T> box_{};
};

SADDLE_NAMESPACE_END
