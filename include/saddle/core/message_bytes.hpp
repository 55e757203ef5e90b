#pragma once
#include <cstdint>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Bytes of messages: all of them, and what they say without headers and padding.
struct message_bytes {
  std::int64_t total = 0, payload = 0;
  message_bytes& operator+=(message_bytes o) {
    total += o.total;
    payload += o.payload;
    return *this;
  }
  friend bool operator==(message_bytes, message_bytes) = default;
};

SADDLE_NAMESPACE_END
