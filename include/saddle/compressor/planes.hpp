#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/prefetch.hpp"

SADDLE_NAMESPACE_BEGIN

/// A message is a header and planes: first what each bucket has once (a scale), then what each coordinate has (a code).
/// Bucket i's part of a plane begins at i * per_bucket + (its first coordinate in a message) * bits_per_coordinate / 8.
struct plane {
  int per_bucket = 0;  // bytes
  int bits_per_coordinate = 0;
  int per_pair = 0;    // bytes for each coordinate kept by a compressor that selects across buckets
  int tail = 0;        // bytes after the last bucket
};
inline constexpr int most_planes = 3;

/// Where the planes of one message begin in memory, each on 16 bytes.
struct message_planes {
  std::byte* begin[most_planes] = {};
};

template <class C>
inline constexpr int plane_count = static_cast<int>(std::size(C::template planes<float>));

/// A compressor that looks at a whole vector, or tensor, before it encodes: c.kept(n) of its n coordinates go.
template <class C>
inline constexpr bool selects_globally = requires(C const c) { c.kept(std::int64_t{1}); };

/// How many (index, value) pairs a message of these buckets holds.
template <class C>
constexpr std::int64_t pairs_of(bucket_layout const& layout, bucket_range const& part, C const& c) {
  std::int64_t sum = 0;
  if constexpr (selects_globally<C>)
    layout.for_each_selection(part, [&](bucket_range const& from) { sum += c.kept(layout.coordinates(from)); });
  return sum;
}
/// Bytes of plane p of a message, padded to 16.
template <class C, class T>
constexpr std::int64_t plane_bytes(bucket_layout const& layout, int p, C const& c = {}) {
  plane const one = C::template planes<T>[static_cast<std::size_t>(p)];
  return round_up(one.per_bucket * layout.buckets() + one.bits_per_coordinate * layout.padded() / 8 +
                      one.per_pair * saddle::pairs_of(layout, layout.of(-1), c) + one.tail,
                  16);
}
template <class C, class T>
constexpr std::int64_t planes_bytes(bucket_layout const& layout, C const& c = {}) {
  std::int64_t sum = 0;
  for (int p = 0; p < plane_count<C>; ++p) sum += plane_bytes<C, T>(layout, p, c);
  return sum;
}
/// The planes of a message whose planes lie one after the other from `begin`.
template <class C, class T>
message_planes planes_at(bucket_layout const& layout, std::byte* begin, C const& c = {}) {
  message_planes m;
  for (int p = 0; p < plane_count<C>; ++p) {
    m.begin[p] = begin;
    begin += plane_bytes<C, T>(layout, p, c);
  }
  return m;
}
/// What a message of player 0 or 1, or of both (-1), says, without padding: the sum of C::payload<T>(count) over the
/// buckets, and the pairs.
template <class C, class T>
constexpr std::int64_t payload_bytes(bucket_layout const& layout, int player = -1, C const& c = {}) {
  std::int64_t sum = 0;
  for (int n = 0; n < layout.tensors(); ++n) {
    placed_tensor const one = layout.tensor_at(n);
    if (player >= 0 && one.player != player) continue;
    std::int64_t const full = one.size / layout.length;
    if (full > 0) sum += full * C::template payload<T>(layout.length);
    if (int const rest = static_cast<int>(one.size % layout.length)) sum += C::template payload<T>(rest);
  }
  std::int64_t const pairs = saddle::pairs_of(layout, layout.of(player), c);
  for (plane const& one : C::template planes<T>) sum += one.per_pair * pairs + one.tail;
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

template <class C, class T, int Plane>
inline constexpr plane plane_of = C::template planes<T>[Plane];

template <class C, class T, int Plane>
SADDLE_HD plane_part part_at(message_planes const& planes, bucket const& b) {
  constexpr plane one = plane_of<C, T, Plane>;
  return plane_part{planes.begin[Plane] + b.index * one.per_bucket +
                    b.begin_in_message() * one.bits_per_coordinate / 8};
}

/// One bucket's part of a message: C::message<T> is an aggregate of pointers, one a plane.
template <class C, class T>
SADDLE_HD typename C::template message<T> message_at(message_planes const& planes, bucket const& b) {
  if constexpr (plane_count<C> == 1) {
    return {part_at<C, T, 0>(planes, b)};
  } else if constexpr (plane_count<C> == 2) {
    return {part_at<C, T, 0>(planes, b), part_at<C, T, 1>(planes, b)};
  } else {
    return {part_at<C, T, 0>(planes, b), part_at<C, T, 1>(planes, b), part_at<C, T, 2>(planes, b)};
  }
}

/// Asks for the next bucket's part of a message while this bucket, of `count` coordinates, is worked on.
template <class C, class T, int Plane = 0>
SADDLE_HD void prefetch_next(message_planes const& planes, bucket const& b, int count) {
  if constexpr (Plane < plane_count<C>) {
    constexpr plane one = plane_of<C, T, Plane>;
    bucket const next{b.index + 1, b.begin + count, count, b.player, b.padding};
    prefetch(part_at<C, T, Plane>(planes, next).begin, one.per_bucket + one.bits_per_coordinate * count / 8);
    prefetch_next<C, T, Plane + 1>(planes, b, count);
  }
}

SADDLE_NAMESPACE_END
