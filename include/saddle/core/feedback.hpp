#pragma once
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a worker keeps beside its compressor: nothing, what it could not send (error_feedback), or what all that it
/// sent comes to (ef21). A wrapper of the compressor names it, a topology chooses its scheme by it.
enum class feedback { none, error, difference };

SADDLE_NAMESPACE_END
