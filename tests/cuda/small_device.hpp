#pragma once
#include <cstdlib>
#include <string_view>

/// Whether the device is an emulated one, which is much slower: the tests then take fewer sizes and steps, but every
/// kernel and every path. tests/cuda/emulated.sh sets SADDLE_SMALL_DEVICE=1.
inline bool small_device() {
  char const* const says = std::getenv("SADDLE_SMALL_DEVICE");
  return says != nullptr && std::string_view(says) == "1";
}
