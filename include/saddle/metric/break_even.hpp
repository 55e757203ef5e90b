#pragma once
#include <limits>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"

SADDLE_NAMESPACE_BEGIN

/// What one way to send costs a step: bytes over the link that decides, and the seconds of computing that do not
/// overlap with it (encoding, decoding, whatever else differs).
struct sending_cost {
  double bytes, seconds;
};

/// The bandwidth below which compressing pays, in bytes a second: there bytes / bandwidth + seconds is equal for both.
/// Infinite if it always pays, 0 if it never does.
inline double break_even(sending_cost dense, sending_cost compressed) {
  for (sending_cost const& c : {dense, compressed})
    expects(c.bytes >= 0 && c.seconds >= 0, "break_even: bytes and seconds are not negative");
  double const saved = dense.bytes - compressed.bytes, spent = compressed.seconds - dense.seconds;
  if (saved <= 0) return spent < 0 ? std::numeric_limits<double>::infinity() : 0;
  return spent <= 0 ? std::numeric_limits<double>::infinity() : saved / spent;
}

SADDLE_NAMESPACE_END
