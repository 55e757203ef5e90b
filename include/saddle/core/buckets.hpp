#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/players.hpp"

SADDLE_NAMESPACE_BEGIN

/// Consecutive coordinates of one player that share a header in a message.
struct bucket {
  std::int64_t index;        // counts over both players
  std::int64_t begin;        // first coordinate, in the padded arrays
  int count;                 // 1 ... length
  int player;                // 0: min, 1: max
  std::int64_t padding = 0;  // that a message has before it and the arrays have not
  int tensor = 0;            // its number among those that are kept apart, or the player

  /// First coordinate, in a message.
  SADDLE_HD std::int64_t begin_in_message() const { return begin + padding; }
};

/// The buckets first ... last - 1. Those of one player, or a server's part of all.
struct bucket_range {
  std::int64_t first = 0, last = 0;
  friend bool operator==(bucket_range, bucket_range) = default;
};

/// Each player is padded to whole blocks of 128 coordinates, so that codes of every width (one bit included)
/// begin on 16 bytes and no two buckets share a word. The padding holds zeros and is never sent as payload.
inline constexpr int code_block = 128;
/// Coordinates of a full bucket where no compressor says how many.
inline constexpr int default_bucket = 512;

/// Consecutive coordinates of one player with buckets of their own: a tensor of its weights, or all of them.
struct placed_tensor {
  std::int64_t first_bucket, begin, padding, size;  // begin and padding as in its buckets
  int player;
};

/// Where the tensors lie whose buckets are kept apart. The problem sees the arrays, where a player's tensors follow one
/// another without a gap; in a message each is padded to whole blocks.
struct tensor_table {
  placed_tensor const* begin = nullptr;  // in the memory of who asks for a bucket; null: players alone are kept apart
  int count = 0;
  players buckets{}, padded{};           // of all tensors of a player
};

/// Cuts the coordinates of both players into buckets. Buckets never straddle players, nor the tensors of a table.
struct bucket_layout {
  players sizes;
  int length = 0;  // coordinates of a full bucket: a power of two, at least one block
  tensor_table table{};

  SADDLE_HD std::int64_t padded(int p) const {
    if (keeps_tensors_apart()) return p == 0 ? table.padded.min : table.padded.max;
    return (size(p) + code_block - 1) / code_block * code_block;
  }
  SADDLE_HD std::int64_t padded() const { return padded(0) + padded(1); }
  SADDLE_HD std::int64_t buckets(int p) const {
    if (keeps_tensors_apart()) return p == 0 ? table.buckets.min : table.buckets.max;
    return buckets_in(size(p));
  }
  SADDLE_HD std::int64_t buckets() const { return buckets(0) + buckets(1); }
  /// Where a player's coordinates begin, in the arrays and in a message, and its buckets among all.
  SADDLE_HD std::int64_t begin_of(int p) const { return p == 0 ? 0 : padded(0); }
  SADDLE_HD std::int64_t first_bucket(int p) const { return p == 0 ? 0 : buckets(0); }

  /// Without a table each player is one tensor.
  SADDLE_HD bool keeps_tensors_apart() const { return table.begin != nullptr; }
  SADDLE_HD int tensors() const { return keeps_tensors_apart() ? table.count : 2; }
  SADDLE_HD placed_tensor tensor_at(int n) const {
    if (keeps_tensors_apart()) return table.begin[n];
    return {first_bucket(n), begin_of(n), 0, size(n), n};
  }
  SADDLE_HD bucket at(std::int64_t index) const {
    int const tensor = tensor_of(index);
    placed_tensor const t = tensor_at(tensor);
    std::int64_t const from = (index - t.first_bucket) * length;
    std::int64_t const left = t.size - from;
    return {index, t.begin + from, static_cast<int>(left < length ? left : length), t.player, t.padding, tensor};
  }
  /// The buckets of player 0 or 1, or of both (-1); those of a tensor.
  SADDLE_HD bucket_range of(int player) const {
    return {player == 1 ? buckets(0) : 0, player == 0 ? buckets(0) : buckets()};
  }
  SADDLE_HD bucket_range of(placed_tensor const& t) const {
    return {t.first_bucket, t.first_bucket + buckets_in(t.size)};
  }
  /// Where a bucket begins in the padded arrays, and in a message; the bucket after the last where these end.
  SADDLE_HD std::int64_t begin_at(std::int64_t index) const { return index < buckets() ? at(index).begin : padded(); }
  SADDLE_HD std::int64_t begin_in_message(std::int64_t index) const {
    return index < buckets() ? at(index).begin_in_message() : padded();
  }
  /// Coordinates in a range, without padding.
  SADDLE_HD std::int64_t coordinates(bucket_range const& r) const { return before(r.last) - before(r.first); }

  /// f(range) for what a compressor that selects across buckets selects from: of these buckets, each tensor of the
  /// table, or all of them where there is none. The range holds whole tensors.
  template <class F>
  constexpr void for_each_selection(bucket_range const& part, F f) const {
    if (!keeps_tensors_apart()) return f(part);
    for (int n = 0; n < table.count; ++n)
      if (bucket_range const one = of(table.begin[n]); part.first <= one.first && one.last <= part.last) f(one);
  }

 private:
  SADDLE_HD int tensor_of(std::int64_t index) const {
    if (!keeps_tensors_apart()) return index < buckets(0) ? 0 : 1;
    int low = 0, high = table.count - 1;  // the last that begins with this bucket or before it
    while (low < high) {
      int const middle = (low + high + 1) / 2;
      if (table.begin[middle].first_bucket <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
  /// Coordinates before a bucket.
  SADDLE_HD std::int64_t before(std::int64_t index) const {
    if (index >= buckets()) return sizes.size();
    bucket const b = at(index);
    return b.player == 0 ? b.begin : sizes.min + b.begin - padded(0);
  }
  SADDLE_HD std::int64_t size(int p) const { return p == 0 ? sizes.min : sizes.max; }
  SADDLE_HD std::int64_t buckets_in(std::int64_t n) const { return (n + length - 1) / length; }
};

/// Sizes of each player's tensors, in the order of its coordinates; both empty where these are not kept apart.
using tensor_sizes = std::array<std::vector<std::int64_t>, 2>;

/// A bucket_layout with its table, on the host. Tensors without a coordinate have no bucket, and no place.
class tensor_layout {
 public:
  tensor_layout(players sizes, int length, tensor_sizes const& tensors) : layout_{sizes, length} {
    tensor_table table;
    for (int p = 0; p < 2; ++p) {
      std::int64_t const begin = p == 0 ? 0 : table.padded.min, first_bucket = p == 0 ? 0 : table.buckets.min;
      std::int64_t &buckets = p == 0 ? table.buckets.min : table.buckets.max,
                   &padded = p == 0 ? table.padded.min : table.padded.max;
      std::int64_t from = 0;
      for (std::int64_t const n : tensors[static_cast<std::size_t>(p)]) {
        if (n == 0) continue;
        places_.push_back({first_bucket + buckets, begin + from, padded - from, n, p});
        buckets += (n + length - 1) / length;
        padded += (n + code_block - 1) / code_block * code_block;
        from += n;
      }
    }
    table.count = static_cast<int>(places_.size());
    layout_.table = table;
  }

  std::span<placed_tensor const> places() const { return places_; }
  /// For who reads the table there: the places, or a copy of them in another memory.
  bucket_layout seen_at(placed_tensor const* places) const {
    bucket_layout layout = layout_;
    if (!places_.empty()) layout.table.begin = places;
    return layout;
  }
  bucket_layout on_host() const { return seen_at(places_.data()); }

 private:
  bucket_layout layout_;
  std::vector<placed_tensor> places_;
};

SADDLE_NAMESPACE_END
