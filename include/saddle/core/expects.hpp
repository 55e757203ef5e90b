#pragma once
#include <source_location>
#include <stdexcept>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"

SADDLE_NAMESPACE_BEGIN

/// The check at the boundary: throws std::invalid_argument with the function and the broken contract.
inline void expects(bool holds, char const* contract,
                    std::source_location at = std::source_location::current()) {
  if (!holds) throw std::invalid_argument(std::string(at.function_name()) + ": " + contract);
}

/// The same with a message that is only built when it is needed.
template <class Message>
  requires requires(Message m) { std::string(m()); }
void expects(bool holds, Message&& message) {
  if (!holds) throw std::invalid_argument(std::string(message()));
}

/// A policy with fields that can be wrong has an objection(): the sentence that says what is, or nothing.
template <class Policy>
void expect_no_objection(Policy const& policy) {
  std::string const why = objection_to(policy);
  expects(why.empty(), [&] { return why; });
}

SADDLE_NAMESPACE_END
