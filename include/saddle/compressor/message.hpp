#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bad_message.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/byte_range.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_header.hpp"

SADDLE_NAMESPACE_BEGIN

// A message lies in memory as its header and the planes of the whole layout. A phase of one player fills that player's
// part of each plane and leaves the rest as it was, so that what travels is the header and a range of each plane: the
// buckets of the part, up to the end of the last block of coordinates. The room to the next 16 bytes stays at home.

/// The message in memory.
template <class C, class T>
constexpr std::int64_t message_bytes_in_memory(bucket_layout const& layout, C const& c = {}) {
  return static_cast<std::int64_t>(sizeof(message_header)) + planes_bytes<C, T>(layout, c);
}

/// What travels of a message of one player (0, 1) or both (-1): the header first, then a range of each plane.
template <class C, class T>
std::vector<byte_range> wire_ranges(bucket_layout const& layout, int player, C const& c = {}) {
  bucket_layout const part = part_of(layout, player), earlier{{player == 1 ? layout.sizes.min : 0, 0}, layout.length};
  std::vector<byte_range> ranges{{0, sizeof(message_header)}};
  std::int64_t begin = sizeof(message_header);
  for (int p = 0; p < plane_count<C>; ++p) {
    plane const one = C::template planes<T>[static_cast<std::size_t>(p)];
    std::int64_t const skipped = one.per_bucket * earlier.buckets() + one.bits_per_coordinate * earlier.padded() / 8;
    std::int64_t const sent = sent_plane_bytes<C, T>(part, p, c);
    if (sent > 0) ranges.push_back({static_cast<std::size_t>(begin + skipped), static_cast<std::size_t>(sent)});
    begin += plane_bytes<C, T>(layout, p, c);
  }
  return ranges;
}
/// Their sum.
template <class C, class T>
constexpr std::int64_t sent_bytes(bucket_layout const& layout, int player, C const& c = {}) {
  std::int64_t sum = sizeof(message_header);
  for (int p = 0; p < plane_count<C>; ++p) sum += sent_plane_bytes<C, T>(part_of(layout, player), p, c);
  return sum;
}

/// All that the receiver knows of a header before it comes: everything but checksum and status.
template <class C, class T>
message_header expected_header(bucket_layout const& layout, message_key const& key, C const& c = {}) {
  bucket_layout const part = part_of(layout, key.player);
  std::string const name = C::name();
  checksum id;
  id.add(std::span(name));
  message_header h;
  h.scalar_bytes = sizeof(T);
  h.player = static_cast<std::int8_t>(key.player);
  h.compressor = id.value();
  h.coordinates = part.sizes.size();
  h.exchange = key.exchange;
  h.sender = key.sender;
  h.payload_bytes = payload_bytes<C, T>(part, c);
  return h;
}

/// The checksum of a message with this header.
inline std::uint64_t checksum_of(message_header header, std::span<std::byte const> message,
                                 std::span<byte_range const> ranges) {
  header.checksum = 0;
  checksum sum;
  sum.add(std::span(&header, 1));
  for (byte_range const& r : ranges.subspan(1)) sum.add(message.subspan(r.offset, r.length));
  return sum.value();
}

/// Writes the header in front of the planes: from then on the message may leave the process.
///
/// message     its memory, header and planes of the whole layout
/// non_finite  the status: the sender's lowest coordinate that was not finite, or `none`
/// errors      std::invalid_argument if the memory has another size
template <class C, class T>
void seal_message(std::span<std::byte> message, bucket_layout const& layout, message_key const& key,
                  std::int64_t non_finite, C const& c = {}) {
  expects(static_cast<std::int64_t>(message.size()) == message_bytes_in_memory<C, T>(layout, c),
          "a message has room for its header and the planes of the layout");
  message_header header = expected_header<C, T>(layout, key, c);
  header.non_finite = non_finite;
  header.checksum = checksum_of(header, message, wire_ranges<C, T>(layout, key.player, c));
  std::memcpy(message.data(), &header, sizeof header);
}

/// Checks a message that came from another process, before anybody decodes it: whatever its bytes are, nothing outside
/// of it is read. Returns the header.
///
/// message  its memory, on 16 bytes, where the ranges that came were put in their places
/// promise  the header is the expected one, the checksum holds, and flaw_in finds nothing in any bucket of the part. Where
///          the status names a coordinate the buckets are not looked at: every worker skips what would decode them, and
///          the server has not written any
/// errors   bad_message says what was found and what was expected
template <class C, class T>
message_header open_message(std::span<std::byte const> message, bucket_layout const& layout, message_key const& key,
                            C const& c = {}) {
  auto const fail = [&](std::string const& why) {
    throw bad_message("message of worker " + std::to_string(key.sender) + " in exchange " +
                      std::to_string(key.exchange) + ": " + why);
  };
  auto const expect = [&](char const* what, auto found, auto expected) {
    if (found != expected)
      fail(std::string(what) + " is " + std::to_string(found) + ", not " + std::to_string(expected));
  };
  expect("its length in bytes", static_cast<std::int64_t>(message.size()), message_bytes_in_memory<C, T>(layout, c));
  message_header header;
  std::memcpy(&header, message.data(), sizeof header);
  message_header const known = expected_header<C, T>(layout, key, c);
  if (header.magic != known.magic) fail("it does not begin as a message does");
  expect("the wire version", header.wire_version, known.wire_version);
  expect("the size of a number", header.scalar_bytes, known.scalar_bytes);
  expect("the player", header.player, known.player);
  expect("the checksum of the compressor's name", header.compressor, known.compressor);
  expect("the number of coordinates", header.coordinates, known.coordinates);
  expect("the exchange", header.exchange, known.exchange);
  expect("the sender", header.sender, known.sender);
  expect("the reserved field", header.reserved, known.reserved);
  expect("the payload in bytes", header.payload_bytes, known.payload_bytes);
  expect("the checksum", header.checksum, checksum_of(header, message, wire_ranges<C, T>(layout, key.player, c)));
  if (header.non_finite != none) {
    if (header.non_finite < 0 || header.non_finite >= layout.padded())
      fail("its status names coordinate " + std::to_string(header.non_finite) + " of " + std::to_string(layout.padded()));
    return header;
  }

  expects(reinterpret_cast<std::uintptr_t>(message.data()) % 16 == 0, "the memory of a message lies on 16 bytes");
  // Parts of a message are pointers for writing, too; nothing is written here.
  message_planes const planes =
      planes_at<C, T>(layout, const_cast<std::byte*>(message.data()) + sizeof(message_header), c);
  std::int64_t const first = key.player == 1 ? layout.first_bucket(1) : 0,
                     end = key.player == 0 ? layout.first_bucket(1) : layout.buckets();
  [[maybe_unused]] std::int64_t const pairs = pairs_of(part_of(layout, key.player), c);
  for (std::int64_t i = first; i < end; ++i) {
    bucket const b = layout.at(i);
    char const* flaw;
    if constexpr (selects_globally<C>)
      flaw = c.flaw_in(message_at<C, T>(planes, b), b.count, {pairs, i == first, i + 1 == end});
    else
      flaw = c.flaw_in(message_at<C, T>(planes, b), b.count);
    if (flaw != nullptr) fail(std::string(flaw) + " in bucket " + std::to_string(i));
  }
  return header;
}

SADDLE_NAMESPACE_END
