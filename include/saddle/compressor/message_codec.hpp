#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/message.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/core/message_header.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a driver must know of a compressor's messages: their sizes, and how they leave a process and come from another
/// one. A player is 0, 1 or -1 for both.
template <class T>
class message_codec {
 public:
  virtual ~message_codec() = default;
  /// Of one message of a player.
  virtual message_bytes bytes(bucket_layout const& layout, int player) const = 0;
  /// (index, value) pairs of a message; 0 where every bucket sends all of its own.
  virtual std::int64_t pairs(bucket_layout const& layout) const = 0;
  /// The planes of a message in memory.
  virtual std::int64_t planes_bytes(bucket_layout const& layout) const = 0;
  virtual message_planes planes(bucket_layout const& layout, std::byte* begin) const = 0;
  // In the host's memory; see compressor/message.hpp.
  virtual std::vector<std::span<std::byte>> parts(bucket_layout const& layout, message_planes const& planes,
                                                  bucket_range const& part) const = 0;
  virtual message_header seal(bucket_layout const& layout, message_planes const& planes, message_key const& key,
                              message_status const& status) const = 0;
  /// errors  bad_message
  virtual void open(bucket_layout const& layout, message_header const& header, message_planes const& planes,
                    message_key const& key, bool by_server) const = 0;
};

/// Whose messages stay in the process has nothing compiled that only others need.
template <compressor C, class T, bool Leaves>
class message_codec_of final : public message_codec<T> {
 public:
  explicit message_codec_of(C const& c) : c_(c) {}
  message_bytes bytes(bucket_layout const& layout, int player) const override {
    return {saddle::wire_bytes<C, T>(layout, layout.of(player), c_), payload_bytes<C, T>(layout, player, c_)};
  }
  std::int64_t pairs(bucket_layout const& layout) const override {
    return saddle::pairs_of(layout, layout.of(-1), c_);
  }
  std::int64_t planes_bytes(bucket_layout const& layout) const override {
    return saddle::planes_bytes<C, T>(layout, c_);
  }
  message_planes planes(bucket_layout const& layout, std::byte* begin) const override {
    return planes_at<C, T>(layout, begin, c_);
  }
  std::vector<std::span<std::byte>> parts(bucket_layout const& layout, message_planes const& planes,
                                          bucket_range const& part) const override {
    if constexpr (Leaves) return wire_parts<C, T>(planes, layout, part, c_);
    else stays();
  }
  message_header seal(bucket_layout const& layout, message_planes const& planes, message_key const& key,
                      message_status const& status) const override {
    if constexpr (Leaves) return seal_message<C, T>(planes, layout, key, status, c_);
    else stays();
  }
  void open(bucket_layout const& layout, message_header const& header, message_planes const& planes,
            message_key const& key, bool by_server) const override {
    if constexpr (Leaves) open_message<C, T>(header, planes, layout, key, by_server, c_);
    else stays();
  }

 private:
  [[noreturn]] static void stays() { throw std::logic_error("saddle: a message leaves a process that is alone"); }
  C c_;
};

SADDLE_NAMESPACE_END
