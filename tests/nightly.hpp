#pragma once
#include <cstdlib>
#include <string_view>

/// Whether the long versions of the tests were asked for.
inline bool is_nightly() {
  char const* const asked = std::getenv("SADDLE_NIGHTLY");
  return asked != nullptr && std::string_view(asked) == "1";
}
