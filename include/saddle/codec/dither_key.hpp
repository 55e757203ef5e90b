#pragma once
#include <cstdint>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which random bits a message is written with: those of a trainer with this seed, in this exchange, for this worker.
/// Two messages with equal keys have equal dither: give every message of a run another one, by the step and by who
/// sends it.
///
/// errors  std::invalid_argument: an exchange of 2^40 or a sender of 2^24 and more
struct dither_key {
  std::uint64_t seed = 0;
  std::uint64_t exchange = 0;
  std::uint32_t sender = 0;

  friend bool operator==(dither_key const&, dither_key const&) = default;
};

SADDLE_NAMESPACE_END
