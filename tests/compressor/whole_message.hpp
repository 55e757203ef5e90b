#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/compressor/message.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/lanes/serial.hpp"

// All buckets of a message in memory, and its header: what the tests of messages that travel and the fuzz targets
// share. The tests see neither compressor nor scalar, so that they compile once.

struct whole_message {
  saddle::tensor_layout tensors;
  saddle::bucket_layout layout;
  saddle::message_header header;
  saddle::aligned_vector<std::byte> planes;

  explicit whole_message(saddle::tensor_layout l) : tensors(std::move(l)), layout(tensors.on_host()) {}
  virtual ~whole_message() = default;
  virtual std::string name() const = 0;
  virtual int scalar_bytes() const = 0;
  virtual bool selects() const = 0;
  virtual std::int64_t wire_bytes(saddle::bucket_range const& part) const = 0;
  virtual std::vector<std::span<std::byte>> parts(saddle::bucket_range const& part) = 0;
  virtual void encode(saddle::bucket_range const& part) = 0;
  /// One value a padded coordinate, zero outside of the part.
  virtual std::vector<double> decode(saddle::bucket_range const& part) = 0;
  virtual void seal(saddle::message_key const& key, saddle::message_status const& status = {}) = 0;
  virtual void open(saddle::message_key const& key, bool by_server) = 0;
};

template <class C, class T>
struct message_of final : whole_message {
  static constexpr int longest = C::bucket == saddle::any_bucket ? 128 : C::bucket;
  C c;

  message_of(C const& compressor, saddle::players sizes, saddle::tensor_sizes const& kept_apart = {})
      : whole_message({sizes, longest, kept_apart}), c(compressor) {
    planes.resize(static_cast<std::size_t>(saddle::planes_bytes<C, T>(layout, c)));
  }
  saddle::message_planes places() { return saddle::planes_at<C, T>(layout, planes.data(), c); }
  typename C::template message<T> at(std::int64_t bucket) {
    return saddle::message_at<C, T>(places(), layout.at(bucket));
  }

  std::string name() const override { return C::name(); }
  int scalar_bytes() const override { return sizeof(T); }
  bool selects() const override { return saddle::selects_globally<C>; }
  std::int64_t wire_bytes(saddle::bucket_range const& part) const override {
    return saddle::wire_bytes<C, T>(layout, part, c);
  }
  std::vector<std::span<std::byte>> parts(saddle::bucket_range const& part) override {
    return saddle::wire_parts<C, T>(places(), layout, part, c);
  }
  void seal(saddle::message_key const& key, saddle::message_status const& status = {}) override {
    header = saddle::seal_message<C, T>(places(), layout, key, status, c);
  }
  void open(saddle::message_key const& key, bool by_server) override {
    saddle::open_message<C, T>(header, places(), layout, key, by_server, c);
  }

  /// Integers with many ties, none of them zero.
  void encode(saddle::bucket_range const& part) override {
    saddle::random_sequence random({.use = saddle::purpose::evaluation});
    std::vector<T> x(static_cast<std::size_t>(layout.padded()));
    for (T& v : x) v = static_cast<T>((1 + random.below(4)) * (random.below(2) ? 1.0 : -1.0));
    if constexpr (saddle::selects_globally<C>) {
      std::int64_t pairs = 0;
      layout.for_each_selection(part, [&](saddle::bucket_range const& from) { select(x, from, pairs); });
    } else {
      each_bucket(part, [&](saddle::bucket const& b) {
        T p[longest] = {}, sent[longest];
        std::copy_n(x.data() + b.begin, b.count, p);
        saddle::encode_tile(c, saddle::serial_group{}, p, p, sent, b.count, saddle::random_stream{.seed = 7}, at(b.index));
      });
    }
  }
  std::vector<double> decode(saddle::bucket_range const& part) override {
    std::vector<double> x(static_cast<std::size_t>(layout.padded()));
    each_bucket(part, [&](saddle::bucket const& b) {
      T tile[longest] = {};
      saddle::add_decoded(c, saddle::serial_group{}, at(b.index), b.count, saddle::random_stream{.seed = 7}, T(1), tile);
      std::copy_n(tile, b.count, x.data() + b.begin);
    });
    return x;
  }

 private:
  /// The largest of these buckets, after `pairs` of others.
  void select(std::vector<T> const& x, saddle::bucket_range const& from, std::int64_t& pairs) {
    std::vector<T> keys;
    each_bucket(from, [&](saddle::bucket const& b) {
      for (int i = 0; i < b.count; ++i) keys.push_back(saddle::magnitude(x[static_cast<std::size_t>(b.begin + i)]));
    });
    std::sort(keys.begin(), keys.end(), std::greater<T>());
    keys.resize(static_cast<std::size_t>(c.kept(static_cast<std::int64_t>(keys.size()))));
    saddle::selection<T> const which{saddle::magnitude_bits(keys.back()),
                                     std::count(keys.begin(), keys.end(), keys.back())};
    std::int64_t ties_before = 0;
    each_bucket(from, [&](saddle::bucket const& b) {
      T p[longest] = {}, sent[longest];
      std::copy_n(x.data() + b.begin, b.count, p);
      auto const out = at(b.index);
      out.start[0] = static_cast<std::uint32_t>(pairs);
      c.encode_selected(saddle::serial_group{}, p, sent, b.count, which, ties_before, out);
      std::int64_t above = 0, equal = 0;
      for (int i = 0; i < b.count; ++i) {
        above += saddle::magnitude_bits(p[i]) > which.limit;
        equal += saddle::magnitude_bits(p[i]) == which.limit;
      }
      pairs += above + std::clamp<std::int64_t>(which.ties - ties_before, 0, equal);
      ties_before += equal;
      out.start[1] = static_cast<std::uint32_t>(pairs);
    });
  }
  void each_bucket(saddle::bucket_range const& part, std::function<void(saddle::bucket const&)> const& f) const {
    for (std::int64_t i = part.first; i < part.last; ++i) f(layout.at(i));
  }
};
