#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "saddle/codec/compressed.hpp"
#include "saddle/codec/dither_key.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/message.hpp"
#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/bad_message.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/run/array_exchange.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whether what C writes depends on random bits, as far as its promises tell.
template <class C>
inline constexpr bool draws_random_bits = (is_unbiased<C> && !is_exact<C>) || adds_with_the_stream<C>;

/// Compresses vectors and decompresses them, in memory that it keeps: it allocates where a vector is longer than those
/// before. Vectors have any length and begin anywhere; they lie in the executor's memory, messages in the host's.
///
/// memory   what earlier messages could not say, e: with error_feedback p = v + e is compressed and e = p - decoded.
///          The caller's, zero at first, of v's length
/// promise  a message's planes are those of a trainer's worker with the same seed, exchange and number
/// device   a vector that does not begin on 16 bytes is copied first. Vectors must be complete when a function is called,
///          and are when it returns: work is in the executor's stream, and each of them waits for it
/// threads  one codec serves one thread at a time
template <compression C, class T, executor Executor = cpu>
class codec {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>, "a codec compresses float or double");
  static_assert(feedback_of<C> != feedback::difference,
                "ef21 needs what was sent on both sides, and a codec keeps nothing: use error_feedback");
  using Wire = wire_compressor<C>;
  using Engine = typename Executor::engine;
  static constexpr bool remembers = has_memory<C>;
  template <class U>
  using array = typename Engine::template array<U>;

 public:
  /// errors  std::invalid_argument: a field of the compressor is out of range
  explicit codec(C how = {}, Executor const& on = {})
      : how_(std::move(how)), engine_(on), non_finite_(engine_.template allocate<std::int64_t>(1)) {
    expect_no_objection(wire());
    engine_.write(non_finite_.data(), &no_coordinate, 1);
  }

  /// Bytes of every message of n coordinates.
  std::int64_t bytes(std::int64_t n) const { return compressed_bytes<T>(how_, n); }

  /// The message is valid until the next call.
  ///
  /// errors  std::invalid_argument: a coordinate of p is not finite, and the memory stays; lengths differ
  compressed const& compress(std::span<T const> v, dither_key const& key)
    requires(!remembers)
  {
    return encode(v, nullptr, key);
  }
  compressed const& compress(std::span<T const> v, std::span<T> memory, dither_key const& key)
    requires remembers
  {
    expects(memory.size() == v.size(), "compress: the memory has the length of the vector");
    return encode(v, memory.data(), key);
  }
  /// Of a compressor without random bits.
  compressed const& compress(std::span<T const> v)
    requires(!remembers && !draws_random_bits<Wire>)
  {
    return encode(v, nullptr, {});
  }
  compressed const& compress(std::span<T const> v, std::span<T> memory)
    requires(remembers && !draws_random_bits<Wire>)
  {
    return compress(v, memory, {});
  }
  /// The latest message, without a copy.
  compressed take() { return std::move(message_); }

  /// to = decoded.
  ///
  /// errors  bad_message: these bytes are not a vector of this length, compressed by this compressor; `to` stays
  void decompress(std::span<std::byte const> bytes, std::span<T> to) { decode(bytes, T(1), false, to); }
  /// to += weight * decoded, as a server averages.
  void add(std::span<std::byte const> bytes, T weight, std::span<T> to) { decode(bytes, weight, true, to); }

 private:
  Wire const& wire() const { return unwrapped(how_); }

  compressed const& encode(std::span<T const> vector, T* memory, dither_key const& key) {
    expects(key.exchange < std::uint64_t{1} << 40, "dither_key: exchange lies below 2^40");
    expects(key.sender < std::uint32_t{1} << 24, "dither_key: sender lies below 2^24");
    auto const n = static_cast<std::int64_t>(vector.size());
    bucket_layout const layout = layout_of_vector<Wire>(n);
    T const* const v = aligned_copy(vector.data(), vector.size(), vector_);
    T* e = memory;
    if constexpr (remembers) e = aligned_copy(memory, vector.size(), memory_);
    check_finite(layout, v, e);

    array_to_send<T> const one{v, e, make_room(layout)};
    kernels_.send(engine_, wire(), layout, {key.seed, key.exchange}, key.sender, std::span(&one, 1),
                  non_finite_.data());
    if (e != memory) engine_.copy(memory, e, vector.size());

    std::span<std::byte> const written = std::span(message_.bytes_).subspan(sizeof(compressed_header));
    if constexpr (!Executor::in_host_memory) engine_.read(written.data(), planes_.data(), written.size());
    compressed_header header = header_of<Wire, T>(layout, key);
    header.message.checksum = checksum_of(header, written);
    std::memcpy(message_.bytes_.data(), &header, sizeof header);
    return message_;
  }

  void decode(std::span<std::byte const> bytes, T weight, bool adds, std::span<T> to) {
    bucket_layout const layout = layout_of_vector<Wire>(static_cast<std::int64_t>(to.size()));
    compressed_header const header = check_header<T>(wire(), layout, bytes);
    std::span<std::byte const> const body = bytes.subspan(sizeof header);
    std::byte const* here = body.data();
    if (reinterpret_cast<std::uintptr_t>(here) % 16 != 0) {
      if (host_.size() < body.size()) host_.resize(body.size());
      std::memcpy(host_.data(), here, body.size());
      here = host_.data();
    }
    auto const planes_from = [&](std::byte const* begin) {  // nobody writes to a message that is decoded
      return planes_at<Wire, T>(layout, const_cast<std::byte*>(begin), wire());
    };
    std::string const flaw = flaw_in_planes<Wire, T>(planes_from(here), layout, layout.of(-1), wire());
    if (!flaw.empty()) throw bad_message("compressed vector: " + flaw);
    if constexpr (!Executor::in_host_memory) {
      if (planes_.size() < body.size()) planes_ = engine_.template allocate<std::byte>(body.size());
      length_of_planes_ = -1;
      engine_.write(planes_.data(), here, body.size());
      here = planes_.data();
    }
    T* const at = adds ? aligned_copy(to.data(), to.size(), vector_) : aligned_room(to.data(), to.size(), vector_);
    exchange_facts const facts{header.seed, static_cast<std::uint64_t>(header.message.exchange)};
    auto const sender = static_cast<std::uint32_t>(header.message.sender);
    kernels_.decode(engine_, wire(), layout, facts, {planes_from(here), at, sender, weight, adds});
    if (at != to.data()) engine_.copy(to.data(), at, to.size());
    if constexpr (!Executor::in_host_memory) {
      std::int64_t lowest;
      engine_.read(&lowest, non_finite_.data(), 1);  // which waits for all of the above
    }
  }

  void check_finite(bucket_layout const& layout, T const* v, T* e) {
    array_to_send<T> const one{v, e};
    kernels_.check(engine_, layout, std::span(&one, 1), non_finite_.data());
    std::int64_t lowest;
    engine_.read(&lowest, non_finite_.data(), 1);
    if (lowest == no_coordinate) return;
    engine_.write(non_finite_.data(), &no_coordinate, 1);
    expects(false, [&] { return "compress: coordinate " + std::to_string(lowest) + " is not finite"; });
  }

  /// For a message of this layout; what is not written in it is zero.
  message_planes make_room(bucket_layout const& layout) {
    auto const all = static_cast<std::size_t>(bytes(layout.sizes.min)), planes = all - sizeof(compressed_header);
    if (message_.bytes_.size() != all || length_of_planes_ != layout.sizes.min) {
      message_.bytes_.assign(all, std::byte{});
      if constexpr (!Executor::in_host_memory) {
        if (planes_.size() < planes) planes_ = engine_.template allocate<std::byte>(planes);
        engine_.write(planes_.data(), message_.bytes_.data() + sizeof(compressed_header), planes);
      }
      length_of_planes_ = layout.sizes.min;
    }
    std::byte* begin = message_.bytes_.data() + sizeof(compressed_header);
    if constexpr (!Executor::in_host_memory) begin = planes_.data();
    return planes_at<Wire, T>(layout, begin, wire());
  }

  /// Kernels read sixteen bytes at a time: the array itself, or room for it where it does not begin on so many.
  template <class U>
  U* aligned_room(U* a, std::size_t n, array<std::remove_const_t<U>>& room) {
    if (Executor::in_host_memory || reinterpret_cast<std::uintptr_t>(a) % 16 == 0) return a;
    if (room.size() < n) room = engine_.template allocate<std::remove_const_t<U>>(n);
    return room.data();
  }
  template <class U>
  U* aligned_copy(U* a, std::size_t n, array<std::remove_const_t<U>>& room) {
    U* const to = aligned_room(a, n, room);
    if (to != a) engine_.copy(room.data(), const_cast<std::remove_const_t<U> const*>(a), n);
    return to;
  }

  C how_;
  Engine engine_;
  array<std::int64_t> non_finite_;
  compressed message_;
  array<std::byte> planes_;  // where kernels cannot write into the message
  std::int64_t length_of_planes_ = -1;
  aligned_vector<std::byte> host_;  // a message that does not begin on 16 bytes
  array<T> vector_, memory_;
  array_exchange<T, C, Engine> kernels_;
};

SADDLE_NAMESPACE_END
