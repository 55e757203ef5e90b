#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/players.hpp"

SADDLE_NAMESPACE_BEGIN

/// Consecutive coordinates of one player that share a header in a message.
struct bucket {
  std::int64_t index;  // counts over both players
  std::int64_t begin;  // first coordinate, in the padded arrays
  int count;           // 1 ... length
  int player;          // 0: min, 1: max
};

/// The buckets first ... last - 1. Those of one player, or a server's part of all.
struct bucket_range {
  std::int64_t first = 0, last = 0;
  friend bool operator==(bucket_range, bucket_range) = default;
};

/// Each player is padded to whole blocks of 128 coordinates, so that codes of every width (one bit included)
/// begin on 16 bytes and no two buckets share a word. The padding holds zeros and is never sent as payload.
inline constexpr int block = 128;

/// Cuts the coordinates of both players into buckets. Buckets never straddle players.
struct bucket_layout {
  players sizes;
  int length = 0;  // coordinates of a full bucket: a power of two, at least one block

  SADDLE_HD std::int64_t padded(int p) const { return (size(p) + block - 1) / block * block; }
  SADDLE_HD std::int64_t padded() const { return padded(0) + padded(1); }
  SADDLE_HD std::int64_t buckets(int p) const { return (size(p) + length - 1) / length; }
  SADDLE_HD std::int64_t buckets() const { return buckets(0) + buckets(1); }
  /// Where a player's coordinates begin in the padded arrays, and its buckets among all.
  SADDLE_HD std::int64_t begin_of(int p) const { return p == 0 ? 0 : padded(0); }
  SADDLE_HD std::int64_t first_bucket(int p) const { return p == 0 ? 0 : buckets(0); }

  SADDLE_HD bucket at(std::int64_t index) const {
    int const p = index < buckets(0) ? 0 : 1;
    std::int64_t const from = (index - first_bucket(p)) * length;
    std::int64_t const left = size(p) - from;
    return {index, begin_of(p) + from, static_cast<int>(left < length ? left : length), p};
  }
  /// The buckets of player 0 or 1, or of both (-1).
  SADDLE_HD bucket_range of(int player) const {
    return {player == 1 ? buckets(0) : 0, player == 0 ? buckets(0) : buckets()};
  }
  /// Where a bucket begins in the padded arrays; the bucket after the last where these end.
  SADDLE_HD std::int64_t begin_at(std::int64_t index) const { return index < buckets() ? at(index).begin : padded(); }
  /// Coordinates in a range, without padding.
  SADDLE_HD std::int64_t coordinates(bucket_range const& r) const { return before(r.last) - before(r.first); }

 private:
  /// Coordinates before a bucket.
  SADDLE_HD std::int64_t before(std::int64_t index) const {
    if (index >= buckets()) return sizes.size();
    bucket const b = at(index);
    return b.player == 0 ? b.begin : sizes.min + b.begin - padded(0);
  }
  SADDLE_HD std::int64_t size(int p) const { return p == 0 ? sizes.min : sizes.max; }
};

SADDLE_NAMESPACE_END
