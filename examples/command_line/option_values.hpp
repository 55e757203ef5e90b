#pragma once
// What the values of options are checked by, with a sentence where one is wrong.
#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

namespace command_line {

inline std::string listed(std::vector<std::string> const& names) {
  std::string all;
  for (std::string const& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

/// One of these names, or one of their aliases.
inline CLI::Validator one_of(std::vector<std::string> names, std::map<std::string, std::string> const& aliases = {}) {
  return CLI::Validator(
      [names, aliases](std::string& value) -> std::string {
        if (auto const found = aliases.find(value); found != aliases.end()) value = found->second;
        if (std::find(names.begin(), names.end(), value) != names.end()) return {};
        return "there is no '" + value + "', only " + listed(names);
      },
      "");
}

/// A number that is `good`, which the error says and the help does not. CLI11 takes NaN for one, and wraps around what
/// is negative or too large.
template <class T, class Good>
CLI::Validator number(Good good, std::string const& which) {
  return CLI::Validator(
      [=](std::string& value) -> std::string {
        T x{};
        auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), x);
        if (error == std::errc{} && end == value.data() + value.size() && good(x)) return {};
        return "'" + value + "' is no number " + which;
      },
      "");
}
template <class T>
CLI::Validator between(T lo, T hi) {
  auto const shortest = [](T x) {
    char text[32];
    return std::string(text, std::to_chars(text, text + sizeof text, x).ptr);
  };
  return number<T>([=](T x) { return x >= lo && x <= hi; }, "from " + shortest(lo) + " to " + shortest(hi));
}

}  // namespace command_line
