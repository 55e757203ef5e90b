#pragma once
#include <array>
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/atomic_min.hpp"

SADDLE_NAMESPACE_BEGIN

/// In front of every message, and written where one leaves the process; the planes follow, the first on a 64-byte
/// boundary. Little-endian.
struct message_header {
  static constexpr std::array<char, 4> expected_magic{'S', 'A', 'D', 'M'};
  std::array<char, 4> magic = expected_magic;
  std::uint16_t wire_version = 1;
  std::uint8_t scalar_bytes = 0;   // 4 or 8
  std::int8_t player = -1;         // whose coordinates it holds, -1: both
  std::uint64_t compressor = 0;    // checksum of the compressor's name, which holds its parameters
  std::int64_t coordinates = 0;    // of that player or both
  std::int64_t exchange = 0;
  std::int32_t sender = 0;
  std::uint32_t reserved = 0;
  std::int64_t payload_bytes = 0;
  std::uint64_t checksum = 0;      // of the header, with a zero here, and of what travels of the planes
  std::int64_t non_finite = none;  // status: the sender's lowest coordinate that was not finite
};
static_assert(sizeof(message_header) == 64);

/// Which message it is, which both sides know before it travels.
struct message_key {
  int player = -1;           // whose coordinates it holds, -1: both
  std::int64_t exchange = 0;
  std::int32_t sender = 0;   // a worker; their number for the server
};

SADDLE_NAMESPACE_END
