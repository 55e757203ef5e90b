#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "saddle/codec/dither_key.hpp"
#include "saddle/compressor/message.hpp"
#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/bad_message.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/executor/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// A vector that was compressed, in one piece: a header, then the compressor's planes as they lie in memory.
class compressed {
 public:
  /// What to send, or to write into a file.
  std::span<std::byte const> bytes() const { return bytes_; }
  operator std::span<std::byte const>() const { return bytes_; }

 private:
  template <compression, class, executor>
  friend class codec;
  aligned_vector<std::byte> bytes_;
};

/// In front of the planes, little-endian: a message's header, and the seed of its random bits.
struct compressed_header {
  message_header message{.magic = {'S', 'A', 'D', 'C'}};
  std::uint64_t seed = 0;
  std::uint64_t reserved = 0;  // planes begin on 16 bytes
};
static_assert(sizeof(compressed_header) == 80);

/// How a vector of n coordinates is cut into buckets.
template <compressor C>
bucket_layout layout_of_vector(std::int64_t n) {
  return {{n, 0}, C::bucket == any_bucket ? default_bucket : C::bucket};
}
/// Bytes of a vector of n coordinates that this compressor has compressed, header included.
template <class T, compression C>
std::int64_t compressed_bytes(C const& c, std::int64_t n) {
  using wire = wire_compressor<C>;
  return static_cast<std::int64_t>(sizeof(compressed_header)) +
         planes_bytes<wire, T>(layout_of_vector<wire>(n), unwrapped(c));
}

template <class C, class T>
compressed_header header_of(bucket_layout const& layout, dither_key const& key) {
  compressed_header h;
  auto const magic = h.message.magic;
  h.message = expected_header<C, T>(
      layout, {layout.of(-1), static_cast<std::int64_t>(key.exchange), static_cast<std::int32_t>(key.sender)});
  h.message.magic = magic;
  h.seed = key.seed;
  return h;
}
/// The checksum of a compressed vector with this header.
inline std::uint64_t checksum_of(compressed_header header, std::span<std::byte const> planes) {
  header.message.checksum = 0;
  checksum sum;
  sum.add(std::span(&header, 1));
  sum.add(planes);
  return sum.value();
}

/// The header of bytes from anywhere; the planes are not looked at.
///
/// errors  bad_message: they are too short, or do not begin as a compressed vector does
inline compressed_header read_header(std::span<std::byte const> bytes) {
  compressed_header h, known;
  if (bytes.size() < sizeof h)
    throw bad_message("compressed vector: " + std::to_string(bytes.size()) + " bytes are too few for a header");
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.message.magic != known.message.magic) throw bad_message("compressed vector: it does not begin as one does");
  return h;
}

/// How many coordinates were compressed by c.
///
/// promise  no more than these bytes can hold, so that memory for them may be allocated
/// errors   bad_message: these are not the bytes of so many coordinates
template <class T, compression C>
std::int64_t coordinates_in(C const& c, std::span<std::byte const> bytes) {
  std::int64_t const n = read_header(bytes).message.coordinates;
  constexpr std::int64_t most = std::int64_t{1} << 48;
  if (n < 0 || n > most || compressed_bytes<T>(c, n) != static_cast<std::int64_t>(bytes.size()))
    throw bad_message("compressed vector: " + std::to_string(bytes.size()) + " bytes are not those of " +
                      std::to_string(n) + " coordinates");
  return n;
}

/// The header of what says to be `layout`, compressed by c, whatever its bytes are. The planes' contents are not looked
/// at.
///
/// errors  bad_message: what was found and what was expected
template <class T, compressor C>
compressed_header check_header(C const& c, bucket_layout const& layout, std::span<std::byte const> bytes) {
  auto const fail = [](std::string const& why) { throw bad_message("compressed vector: " + why); };
  auto const expect = [&](char const* what, auto found, auto expected) {
    if (found != expected)
      fail(std::string(what) + " is " + std::to_string(found) + ", not " + std::to_string(expected));
  };
  compressed_header const found = read_header(bytes);
  message_header const& h = found.message;
  compressed_header const known = header_of<C, T>(layout, {});
  expect("the wire version", h.wire_version, known.message.wire_version);
  expect("the size of a number", h.scalar_bytes, known.message.scalar_bytes);
  expect("the checksum of the compressor's name", h.compressor, known.message.compressor);
  expect("the number of coordinates", h.coordinates, known.message.coordinates);
  expect("the number of bytes", static_cast<std::int64_t>(bytes.size()), compressed_bytes<T>(c, layout.sizes.min));
  expect("the checksum", h.checksum, checksum_of(found, bytes.subspan(sizeof found)));
  expect("the first bucket", h.first_bucket, std::int64_t{0});
  expect("the status", h.non_finite, known.message.non_finite);
  if (h.exchange < 0 || h.exchange >= std::int64_t{1} << 40 || h.sender < 0 || h.sender >= 1 << 24)
    fail("the exchange or the sender lies out of range");
  return found;
}

SADDLE_NAMESPACE_END
