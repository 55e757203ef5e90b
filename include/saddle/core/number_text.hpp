#pragma once
#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

// Numbers in files, in the identity of a run and in what is compared: the same text under every locale. printf,
// std::to_string(double) and streams write the locale's decimal point, and strtod and streams read it.

/// An integer, or the shortest text that reads back as the same floating-point number.
template <class N>
  requires std::integral<N> || std::floating_point<N>
std::string number_text(N value) {
  char digits[64];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}
/// As printf's %.*g.
inline std::string rounded_text(double value, int significant_digits) {
  char digits[400];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general,
                                significant_digits).ptr};
}
/// As printf's %.*f.
inline std::string fixed_text(double value, int decimals) {
  char digits[400];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, decimals).ptr};
}
/// As printf's %016llx.
inline std::string hex_text(std::uint64_t value) {
  char digits[16];
  std::string const text(digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr);
  return std::string(16 - text.size(), '0') + text;
}

/// The number that the whole text is; none where it is no number, or one that the type cannot hold.
template <class N>
  requires std::integral<N> || std::floating_point<N>
std::optional<N> number_from(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  N value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

SADDLE_NAMESPACE_END
