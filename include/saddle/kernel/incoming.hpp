#pragma once
#include <cstdint>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// One term of a combination: the message of a sender, times a weight.
template <class T>
struct term {
  int sender;
  T weight;
};
/// What one worker combines: terms over a table of messages, in ascending order of the senders. Nothing, if one of the
/// senders reported a coordinate that is not finite.
template <class T>
struct incoming {
  message_planes const* messages;
  term<T> const* terms;
  int count;
  std::uint32_t first = 0;  // whose random bits messages[0] was written with: worker 0's, or the server's
  bool skips = false;
  int to_max = 0;  // how far on what is heard of the maximizing player stands; 0: the same
  SADDLE_HD incoming const& of(int player) const { return player == 1 ? this[to_max] : *this; }
};

SADDLE_NAMESPACE_END
