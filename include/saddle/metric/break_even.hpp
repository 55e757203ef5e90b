#pragma once
#include <cmath>
#include <limits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/expects.hpp"

SADDLE_NAMESPACE_BEGIN

/// What one way to send costs a step: bytes over the link that decides, and the seconds of computing that do not
/// overlap with it (encoding, decoding, whatever else differs).
struct sending_cost {
  double bytes, seconds;
};

/// The bandwidth below which compressing pays, in bytes a second: there bytes / bandwidth + seconds is equal for both.
/// Infinite if it always pays, 0 if it never does, or only above some bandwidth: more bytes in less time.
inline double break_even(sending_cost dense, sending_cost compressed) {
  for (sending_cost const& c : {dense, compressed})
    expects(c.bytes >= 0 && c.seconds >= 0 && is_finite(c.bytes) && is_finite(c.seconds),
            "break_even: bytes and seconds are finite and not negative");
  double const saved = dense.bytes - compressed.bytes, spent = compressed.seconds - dense.seconds;
  if (saved < 0 || (saved == 0 && spent >= 0)) return 0;
  return spent <= 0 ? std::numeric_limits<double>::infinity() : saved / spent;
}

/// How many asynchronous workers a server's link of so many bytes a second sustains in one direction. Each sends
/// `bytes` (or gets them) and is then busy elsewhere for `seconds`: with a gradient, with messages on links of its own.
/// So many keep the link busy all the time; more of them push no more often, but wait. Where both directions are used
/// the server sustains as many as the worse of them.
/// source  Denning, Buzen: The Operational Analysis of Queueing Network Models. Computing Surveys 1978
inline double sustained_workers(double bandwidth, sending_cost each) {
  expects(bandwidth > 0 && is_finite(bandwidth),
          "sustained_workers: the bandwidth is finite and positive");
  expects(each.bytes >= 0 && each.seconds >= 0 && is_finite(each.bytes) && is_finite(each.seconds),
          "sustained_workers: bytes and seconds are finite and not negative");
  return each.bytes == 0 ? std::numeric_limits<double>::infinity() : 1 + each.seconds * bandwidth / each.bytes;
}

SADDLE_NAMESPACE_END
