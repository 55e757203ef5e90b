#pragma once
#include <cstddef>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Bytes offset ... offset + length - 1 of a message in memory. What travels of a message is a list of them, the same on
/// both sides: the sender puts them one after the other on the wire, the receiver puts them back where they were.
struct byte_range {
  std::size_t offset, length;
  friend bool operator==(byte_range, byte_range) = default;
};

SADDLE_NAMESPACE_END
