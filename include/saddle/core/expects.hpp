#pragma once
#include <stdexcept>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/objection.hpp"

SADDLE_NAMESPACE_BEGIN

/// The check at the boundary: throws std::invalid_argument with `sentence`, which begins with who asks, as in
/// "gossip: there must be at least one round an exchange". It is what a program prints: no signature, no file.
inline void expects(bool holds, char const* sentence) {
  if (!holds) throw std::invalid_argument(sentence);
}

/// The same with a sentence that is only built when it is needed.
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
