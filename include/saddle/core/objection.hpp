#pragma once
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/number_text.hpp"

SADDLE_NAMESPACE_BEGIN

// What policies say of their numbers: a sentence that names the field and its value, or nothing.

/// "adam: beta1 lies in [0, 1), and is 1.5", unless it holds.
inline std::string objection_unless(bool holds, std::string_view field, std::string_view rule, double value) {
  if (holds) return {};
  return std::string(field).append(" ").append(rule).append(", and is ").append(number_text(value));
}
inline std::string objection_unless_finite(std::string_view field, double value) {
  return objection_unless(is_finite(value) && value >= 0, field, "is finite and not negative", value);
}
/// Of a box of a player: lo and hi are numbers, and some number that is finite lies between them.
inline std::string objection_to_box(std::string_view field, double lo, double hi) {
  double const infinite = std::numeric_limits<double>::infinity();
  if (lo <= hi && lo < infinite && hi > -infinite) return {};
  return std::string(field) + " has lo <= hi, not both infinite alike, and is [" + number_text(lo) + ", " + number_text(hi) +
         "]";
}
/// What a policy says is wrong with its fields, or empty. One without objection() has no fields that can be wrong; it
/// gives a std::string, or a char const* that may be null.
template <class Policy>
std::string objection_to([[maybe_unused]] Policy const& policy) {
  if constexpr (requires { policy.objection(); }) {
    auto const why = policy.objection();
    if constexpr (std::is_pointer_v<decltype(why)>) return why == nullptr ? "" : why;
    else return why;
  } else {
    return {};
  }
}
/// The first that is one.
inline std::string first_objection(std::initializer_list<std::string> all) {
  for (std::string const& one : all)
    if (!one.empty()) return one;
  return {};
}

SADDLE_NAMESPACE_END
