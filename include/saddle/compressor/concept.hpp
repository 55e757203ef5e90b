#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/group/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// A message is a header and planes: first what each bucket has once (a scale), then what each coordinate has (a code).
/// Bucket i's part of a plane begins at i * per_bucket + (its first padded coordinate) * bits_per_coordinate / 8.
struct plane {
  int per_bucket = 0;          // bytes
  int bits_per_coordinate = 0;
};
inline constexpr int most_planes = 3;

/// Where the planes of one message begin in memory, each on 16 bytes.
struct message_planes {
  std::byte* begin[most_planes] = {};
};

/// A compressor for buckets of any length (identity) says bucket = any_bucket.
inline constexpr int any_bucket = 0;

template <class C>
inline constexpr int plane_count = static_cast<int>(std::size(C::template planes<float>));

/// Bytes of plane p of a message, padded to 16.
template <class C, class T>
constexpr std::int64_t plane_bytes(bucket_layout const& layout, int p) {
  plane const one = C::template planes<T>[static_cast<std::size_t>(p)];
  return round_up(one.per_bucket * layout.buckets() + one.bits_per_coordinate * layout.padded() / 8, 16);
}
template <class C, class T>
constexpr std::int64_t planes_bytes(bucket_layout const& layout) {
  std::int64_t sum = 0;
  for (int p = 0; p < plane_count<C>; ++p) sum += plane_bytes<C, T>(layout, p);
  return sum;
}
/// The planes of a message whose planes lie one after the other from `begin`.
template <class C, class T>
message_planes planes_at(bucket_layout const& layout, std::byte* begin) {
  message_planes m;
  for (int p = 0; p < plane_count<C>; ++p) {
    m.begin[p] = begin;
    begin += plane_bytes<C, T>(layout, p);
  }
  return m;
}
/// What the message says, without padding: the sum of C::payload<T>(count) over the buckets of one player or both.
template <class C, class T>
constexpr std::int64_t payload_bytes(bucket_layout const& layout, int player = -1) {
  std::int64_t sum = 0;
  for (int p = 0; p < 2; ++p) {
    if (player >= 0 && p != player) continue;
    std::int64_t const n = layout.sizes.of(p), full = n / layout.length;
    if (full > 0) sum += full * C::template payload<T>(layout.length);
    if (int const rest = static_cast<int>(n % layout.length)) sum += C::template payload<T>(rest);
  }
  return sum;
}

/// Converts to a pointer of whatever type the message's field has.
struct plane_part {
  std::byte* begin;
  template <class U>
  SADDLE_HD operator U*() const {
    return reinterpret_cast<U*>(begin);
  }
};

/// One bucket's part of a message: C::message<T> is an aggregate of pointers, one a plane.
template <class C, class T>
SADDLE_HD typename C::template message<T> message_at(message_planes const& planes, bucket const& b) {
  auto const at = [&](auto n) -> plane_part {
    constexpr plane one = C::template planes<T>[static_cast<std::size_t>(n.value)];
    return {planes.begin[n.value] + b.index * one.per_bucket + b.begin * one.bits_per_coordinate / 8};
  };
  if constexpr (plane_count<C> == 1) {
    return {at(std::integral_constant<int, 0>{})};
  } else if constexpr (plane_count<C> == 2) {
    return {at(std::integral_constant<int, 0>{}), at(std::integral_constant<int, 1>{})};
  } else {
    return {at(std::integral_constant<int, 0>{}), at(std::integral_constant<int, 1>{}), at(std::integral_constant<int, 2>{})};
  }
}

/// delta: |p - C(p)|^2 <= (1 - delta) |p|^2 for every p (in expectation over the dither); 0 if there is no such bound.
template <class C>
inline constexpr double delta_of = [] {
  if constexpr (requires { C::delta; }) return static_cast<double>(C::delta);
  else return 0.0;
}();
/// omega: E C(p) = p and E |p - C(p)|^2 <= omega |p|^2; infinite if C is biased.
template <class C>
inline constexpr double omega_of = [] {
  if constexpr (requires { C::omega; }) return static_cast<double>(C::omega);
  else return std::numeric_limits<double>::infinity();
}();

template <class C>
concept contracts = delta_of<C> > 0;
template <class C>
concept is_unbiased = omega_of<C> < std::numeric_limits<double>::infinity();
template <class C>
concept is_exact = delta_of<C> == 1 && omega_of<C> == 0;

template <class C>
concept compressor_has_a_name = requires {
  { C::name() } -> std::convertible_to<std::string>;
};
template <class C>
concept has_a_bucket = C::bucket == any_bucket ||
                       (C::bucket >= block && C::bucket <= 65536 && is_power_of_two(C::bucket));
template <class C>
concept lays_out_a_message = requires {
  typename C::template message<float>;
  { C::template payload<float>(1) } -> std::convertible_to<std::int64_t>;
} && plane_count<C> >= 1 && plane_count<C> <= most_planes;
template <class C>
concept contracts_or_is_unbiased = contracts<C> || is_unbiased<C>;
template <class C>
concept encodes_a_tile = requires(C const c, group_archetype const g, float const (&p)[512], float (&sent)[512], stream s,
                                  typename C::template message<float> out) { c.encode(g, p, sent, 512, s, out); };
template <class C>
concept adds_what_it_decodes = requires(C const c, group_archetype const g, typename C::template message<float> in,
                                        float (&acc)[512]) { c.add(g, in, 512, 1.0f, acc); };

/// Turns a tile of coordinates into a part of a message and back.
///
/// bucket, name(), planes<T>, message<T>, payload<T>(count)   the shape on the wire; payload in bytes
/// delta and/or omega                                         what it promises
/// encode(g, p, sent, count, stream, out)   p is finite; writes the message of one bucket and fills `sent` with exactly
///                                          what decoding gives, so that sender and receivers hold the same bits
/// add(g, in, count, weight, acc)           acc += weight * decoded
template <class C>
concept compressor = std::is_trivially_copyable_v<C> && compressor_has_a_name<C> && has_a_bucket<C> &&
                     lays_out_a_message<C> && contracts_or_is_unbiased<C> && encodes_a_tile<C> && adds_what_it_decodes<C>;

/// A wrapper with error memory (error_feedback) names the compressor inside `wrapped`.
template <class C>
inline constexpr bool has_memory = requires { typename C::wrapped; };

/// What goes on the wire: the compressor itself, or the one inside the wrapper.
template <class C>
struct on_the_wire {
  using type = C;
};
template <class C>
  requires has_memory<C>
struct on_the_wire<C> {
  using type = typename C::wrapped;
};
template <class C>
using wire_compressor = typename on_the_wire<C>::type;

template <class C>
wire_compressor<C> const& unwrapped(C const& c) {
  if constexpr (has_memory<C>) return c.compressor;
  else return c;
}

/// A compressor, or one with its error memory.
template <class C>
concept compression = compressor<wire_compressor<C>>;

SADDLE_NAMESPACE_END
