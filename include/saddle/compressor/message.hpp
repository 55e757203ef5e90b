#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bad_message.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/message_header.hpp"

SADDLE_NAMESPACE_BEGIN

// The planes of a message lie in memory for the whole layout. What travels is a header and, of each plane, the part of
// some buckets, up to the end of the last block of coordinates: what pads that block is summed, too, and read by nobody.
// The room to the next 16 bytes stays at home. The buckets are all, a player's, or a server's part of these (not if the
// compressor selects across buckets: its pairs are packed).

/// Bytes of a plane that belong to these buckets, and where they begin in it.
struct plane_range {
  std::int64_t begin, bytes;
};
template <class C, class T>
constexpr plane_range range_in_plane(bucket_layout const& layout, bucket_range const& part, int p, C const& c) {
  plane const one = C::template planes<T>[static_cast<std::size_t>(p)];
  std::int64_t const begin = layout.begin_in_message(part.first), end = layout.begin_in_message(part.last);
  return {one.per_bucket * part.first + one.bits_per_coordinate * begin / 8,
          one.per_bucket * (part.last - part.first) + one.bits_per_coordinate * (end - begin) / 8 +
              one.per_pair * pairs_of(layout, part, c) + one.tail};
}

/// What travels of the planes, in this order after the header. They are sent from there and received there.
template <class C, class T>
std::vector<std::span<std::byte>> wire_parts(message_planes const& planes, bucket_layout const& layout,
                                             bucket_range const& part, C const& c = {}) {
  std::vector<std::span<std::byte>> parts;
  for (int p = 0; p < plane_count<C>; ++p) {
    plane_range const r = range_in_plane<C, T>(layout, part, p, c);
    if (r.bytes > 0) parts.emplace_back(planes.begin[p] + r.begin, static_cast<std::size_t>(r.bytes));
  }
  return parts;
}
/// Bytes on the wire, header included.
template <class C, class T>
constexpr std::int64_t wire_bytes(bucket_layout const& layout, bucket_range const& part, C const& c = {}) {
  std::int64_t sum = sizeof(message_header);
  for (int p = 0; p < plane_count<C>; ++p) sum += range_in_plane<C, T>(layout, part, p, c).bytes;
  return sum;
}

/// All that the receiver knows of a header before it comes: everything but checksum and status.
template <class C, class T>
message_header expected_header(bucket_layout const& layout, message_key const& key) {
  std::string const name = C::name();
  checksum id;
  id.add(std::span(name));
  message_header h;
  h.scalar_bytes = sizeof(T);
  h.compressor = id.value();
  h.first_bucket = key.part.first;
  h.coordinates = layout.coordinates(key.part);
  h.exchange = key.exchange;
  h.sender = key.sender;
  return h;
}

/// The checksum of a message with this header.
inline std::uint64_t checksum_of(message_header header, std::span<std::span<std::byte> const> parts) {
  header.checksum = 0;
  checksum sum;
  sum.add(std::span(&header, 1));
  for (std::span<std::byte> part : parts) sum.add(part);
  return sum.value();
}

/// The header of a message that leaves the process.
///
/// status  a coordinate that was not finite, or `none`, and whose
template <class C, class T>
message_header seal_message(message_planes const& planes, bucket_layout const& layout, message_key const& key,
                            message_status const& status, C const& c = {}) {
  message_header header = expected_header<C, T>(layout, key);
  header.non_finite = status.non_finite;
  header.blamed = status.blamed;
  header.checksum = checksum_of(header, wire_parts<C, T>(planes, layout, key.part, c));
  return header;
}

/// What is wrong with some buckets of a message, or nothing: what add may not decode, or what would not be finite.
template <class C, class T>
std::string flaw_in_planes(message_planes const& planes, bucket_layout const& layout, bucket_range const& part,
                           C const& c = {}) {
  std::string found;
  auto const look_into = [&](std::int64_t i, auto... which) {
    bucket const b = layout.at(i);
    char const* const flaw = c.flaw_in(message_at<C, T>(planes, b), b.count, which...);
    if (flaw != nullptr) found = std::string(flaw) + " in bucket " + std::to_string(i);
    return flaw == nullptr;
  };
  if constexpr (selects_globally<C>) {
    std::int64_t begin = 0;
    bool holds = true;
    layout.for_each_selection(part, [&](bucket_range const& from) {
      std::int64_t const end = begin + pairs_of(layout, from, c);
      for (std::int64_t i = from.first; i < from.last && holds; ++i)
        holds = look_into(i, selected_bucket{begin, end, i == from.first, i + 1 == from.last});
      begin = end;
    });
  } else {
    for (std::int64_t i = part.first; i < part.last && look_into(i); ++i) {}
  }
  return found;
}

/// Checks a message that came from another process, before anybody decodes it: whatever its bytes are, nothing outside
/// of it is read.
///
/// planes     where its parts were put
/// by_server  a worker's status speaks of itself, the server's of itself or of a worker
/// promise    the header is the expected one, the checksum holds, and flaw_in finds nothing in any bucket of the part.
///            Where the server blames a worker the buckets are not looked at: it has not written any, and nobody decodes
///            them
/// errors     bad_message says what was found and what was expected
template <class C, class T>
void open_message(message_header const& header, message_planes const& planes, bucket_layout const& layout,
                  message_key const& key, bool by_server, C const& c = {}) {
  auto const fail = [&](std::string const& why) {
    throw bad_message("message of " + (by_server ? "the server" : "worker " + std::to_string(key.sender)) +
                      " in exchange " + std::to_string(key.exchange) + ": " + why);
  };
  auto const expect = [&](char const* what, auto found, auto expected) {
    if (found != expected)
      fail(std::string(what) + " is " + std::to_string(found) + ", not " + std::to_string(expected));
  };
  message_header const known = expected_header<C, T>(layout, key);
  if (header.magic != known.magic) fail("it does not begin as a message does");
  expect("the wire version", header.wire_version, known.wire_version);
  expect("the size of a number", header.scalar_bytes, known.scalar_bytes);
  expect("the checksum of the compressor's name", header.compressor, known.compressor);
  expect("the first bucket", header.first_bucket, known.first_bucket);
  expect("the number of coordinates", header.coordinates, known.coordinates);
  expect("the exchange", header.exchange, known.exchange);
  expect("the sender", header.sender, known.sender);
  expect("the checksum", header.checksum, checksum_of(header, wire_parts<C, T>(planes, layout, key.part, c)));
  if (header.non_finite != no_coordinate) {
    if (header.non_finite < 0 || header.non_finite >= layout.padded())
      fail("its status names coordinate " + std::to_string(header.non_finite) + " of " +
           std::to_string(layout.padded()));
    bool const blames_another = header.blamed != key.sender;
    if (blames_another && (!by_server || header.blamed < 0 || header.blamed > key.sender))
      fail("its status speaks of worker " + std::to_string(header.blamed));
    if (blames_another) return;
  }
  std::string const flaw = flaw_in_planes<C, T>(planes, layout, key.part, c);
  if (!flaw.empty()) fail(flaw);
}

SADDLE_NAMESPACE_END
