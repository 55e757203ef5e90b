#pragma once
#include <stdexcept>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// What is wrong with a message that came from outside of the process: whose it should be, what was found and what was
/// expected.
struct bad_message : std::runtime_error {
  using std::runtime_error::runtime_error;
};

SADDLE_NAMESPACE_END
