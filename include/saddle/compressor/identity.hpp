#pragma once
#include <cstdint>
#include <string>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Sends every coordinate as it is.
///
/// message  one plane of T
/// promise  exact: delta = 1, omega = 0
struct identity {
  static constexpr int bucket = any_bucket;
  static constexpr double delta = 1, omega = 0;
  static std::string name() { return "identity"; }

  template <class T>
  struct message {
    T* value;
  };
  template <class T>
  static constexpr std::array planes{plane{.bits_per_coordinate = 8 * static_cast<int>(sizeof(T))}};
  template <class T>
  static constexpr std::int64_t payload(int count) {
    return static_cast<std::int64_t>(sizeof(T)) * count;
  }

  template <cooperative_group G, class T, int Items>
  SADDLE_HD void encode(G const& g, T const (&p)[Items], T (&sent)[Items], int count, random_stream const&,
                        message<T> out) const {
    sweep<Items>(g, count, [&](int k, T& value) { value = sent[k] = p[k]; }, writes(out.value));
  }
  template <cooperative_group G, class T, int Items>
  SADDLE_HD void add(G const& g, message<T> in, int count, T weight, T (&acc)[Items]) const {
    sweep<Items>(g, count, [&](int k, T value) { acc[k] += weight * value; }, reads(in.value));
  }
  template <class T>
  char const* flaw_in(message<T> in, int count) const {
    return all_finite(in.value, count) ? nullptr : "a value is not finite";
  }
};

static_assert(compressor<identity> && is_exact<identity>);

SADDLE_NAMESPACE_END
