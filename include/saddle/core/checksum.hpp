#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// A 64-bit sum over 8-byte words, each mixed with its place: words may be added in any order and by any number of
/// threads, and a change of one word always changes the sum. The last word is filled up with zeros; the length counts.
class checksum {
 public:
  void add(std::span<std::byte const> bytes) {
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + i, 8);
      add_word(word);
    }
    if (i < bytes.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, bytes.size() - i);
      add_word(word);
    }
    length_ += bytes.size();
  }
  template <class T>
  void add(std::span<T> values) {
    add(std::as_bytes(values));
  }
  std::uint64_t value() const { return value_of(sum_); }

  /// Bytes that another process adds; a multiple of 8, or the last.
  void leave_out(std::size_t bytes) {
    place_ += (bytes + 7) / 8;
    length_ += bytes;
  }
  /// What was added here, to be added up over the processes, and the value of all that.
  std::uint64_t part() const { return sum_; }
  std::uint64_t value_of(std::uint64_t parts) const { return mix(parts ^ length_); }

 private:
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }
  void add_word(std::uint64_t word) { sum_ += mix(word + 0x9E3779B97F4A7C15u * ++place_); }

  std::uint64_t sum_ = 0, place_ = 0, length_ = 0;
};

SADDLE_NAMESPACE_END
