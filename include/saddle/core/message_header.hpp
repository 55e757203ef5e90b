#pragma once
#include <array>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/atomic_min.hpp"
#include "saddle/core/buckets.hpp"

SADDLE_NAMESPACE_BEGIN

/// Goes in front of the planes where a message, or a part of one, leaves the process. Little-endian.
struct message_header {
  static constexpr std::array<char, 4> expected_magic{'S', 'A', 'D', 'M'};
  std::array<char, 4> magic = expected_magic;
  std::uint16_t wire_version = 1;
  std::uint16_t scalar_bytes = 0;  // 4 or 8
  std::uint64_t compressor = 0;    // checksum of the compressor's name, which holds its parameters
  std::int64_t first_bucket = 0;   // of the part, which ends with the player or where a server's shard does
  std::int64_t coordinates = 0;    // of the part
  std::int64_t exchange = 0;
  std::int32_t sender = 0;         // a worker; their number for the server
  std::int32_t blamed = 0;         // of whom the status speaks; the server speaks of itself or of a worker
  std::uint64_t checksum = 0;      // of the header, with a zero here, and of what travels of the planes
  std::int64_t non_finite = no_coordinate;  // status: the lowest coordinate that was not finite, so that what hears of it skips
};
static_assert(sizeof(message_header) == 64);

/// A coordinate that was not finite, and whose it is.
struct message_status {
  std::int64_t non_finite = no_coordinate;
  std::int32_t blamed = 0;
};

/// Which message it is and which part of it, which both sides know before it travels.
struct message_key {
  bucket_range part{};
  std::int64_t exchange = 0;
  std::int32_t sender = 0;  // a worker; their number for the server
};

SADDLE_NAMESPACE_END
