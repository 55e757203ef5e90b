#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/run/checkpoint.hpp"

SADDLE_NAMESPACE_BEGIN

/// How often a server has updated each coordinate since each worker pulled its weights.
///
/// A log of the updates, in blocks. Of an update it keeps nothing if all coordinates were touched, and else their list
/// or a bit for each, whichever is shorter. A block is full when that takes as many bytes as the counts of all
/// coordinates; it ends with a copy of these, so that what came after it is a difference. A block that no outstanding
/// pull lies in is forgotten.
///
/// bytes    of d coordinates: 4 d for the counts, and for each full block that some pull lies in little more than 8 d:
///          at most so much a pull, however long it is outstanding. Where workers have pulled between the latest N
///          updates, each of k coordinates, that is 8 N k, or N d / 4 if k is larger than d / 32; copies of all counts
///          would take 4 N d. While all updates touch all coordinates it is a few words an update
/// cost     of an update, and of a count, O(d), whatever the number of pulls
/// promise  counts are exact, modulo 2^32
class update_log {
 public:
  /// Of `coordinates` places, of which `used` are coordinates; the others are never touched.
  update_log(std::int64_t coordinates, std::int64_t used, int workers)
      : coordinates_(static_cast<std::size_t>(coordinates)),
        used_(static_cast<std::size_t>(used)),
        pulls_(static_cast<std::size_t>(workers)) {}

  /// Worker m has the weights as they are now; what it pulled before is over.
  void pull(int m) {
    end(m);
    place& p = pulls_[static_cast<std::size_t>(m)];
    p = {open_, static_cast<std::int64_t>(blocks_[open_].updates.size())};
    ++blocks_[open_].pulls;
  }
  /// What worker m pulled is over.
  void end(int m) {
    place& p = pulls_[static_cast<std::size_t>(m)];
    auto const it = blocks_.find(std::exchange(p.block, none_));
    if (it == blocks_.end() || --it->second.pulls > 0) return;
    if (it->first == open_) it->second = {};
    else blocks_.erase(it);
  }
  /// Whether worker m has a pull that is outstanding.
  bool has_pull(int m) const { return blocks_.contains(pulls_[static_cast<std::size_t>(m)].block); }

  /// counts[k] = the updates of coordinate k since worker m's pull, which is outstanding.
  void count(int m, std::span<std::uint32_t> counts) const {
    place const& p = pulls_[static_cast<std::size_t>(m)];
    block const& b = blocks_.at(p.block);
    std::uint32_t whole = p.block == open_ ? 0 : static_cast<std::uint32_t>(whole_ - b.whole);
    auto const first = static_cast<std::size_t>(p.update);
    for (std::size_t i = first; i < b.updates.size(); ++i) whole += b.updates[i].kind == shape::whole;
    std::ranges::fill(counts, whole);
    if (p.block != open_) {
      for (std::size_t k = 0; k < counts_.size(); ++k) counts[k] += counts_[k];
      for (std::size_t k = 0; k < b.counts.size(); ++k) counts[k] -= b.counts[k];
    }
    for (std::size_t i = first; i < b.updates.size(); ++i) count_touched(b, i, counts);
  }
  /// An update of the coordinates k with touched[k] != 0.
  void add(std::span<std::uint8_t const> touched) {
    auto const n = coordinates_ - static_cast<std::size_t>(std::ranges::count(touched, 0));
    block& b = blocks_[open_];
    std::size_t const begin = b.words.size(), masked = (coordinates_ + 31) / 32;
    if (n == used_) {
      b.updates.push_back({begin, shape::whole});
      ++whole_;
    } else {
      counts_.resize(coordinates_);
      b.updates.push_back({begin, n < masked ? shape::list : shape::mask});
      if (n >= masked) b.words.resize(begin + masked);
      for (std::size_t k = 0; k < coordinates_; ++k) {
        if (touched[k] == 0) continue;
        ++counts_[k];
        if (n < masked) b.words.push_back(static_cast<std::uint32_t>(k));
        else b.words[begin + k / 32] |= std::uint32_t{1} << k % 32;
      }
    }
    constexpr std::size_t word = sizeof(std::uint32_t);
    if (b.pulls == 0) b = {};
    else if (b.words.size() * word + b.updates.size() * sizeof(update) >= coordinates_ * word) close(b);
  }

  /// What all this takes in memory.
  std::int64_t bytes() const {
    std::size_t sum = counts_.capacity() * sizeof(std::uint32_t) + pulls_.capacity() * sizeof(place);
    for (auto const& [number, b] : blocks_) sum += sizeof b + b.bytes() + b.counts.capacity() * sizeof(std::uint32_t);
    return static_cast<std::int64_t>(sum);
  }

  void save(checkpoint_writer& out) const {
    out.add(std::span<std::uint32_t const>(counts_));
    out.add(whole_);
    out.add(std::span<place const>(pulls_));
    out.add(open_);
    out.add(static_cast<std::int64_t>(blocks_.size()));
    for (auto const& [number, b] : blocks_) {
      out.add(number);
      out.add(b.pulls);
      out.add(b.whole);
      out.add(std::span<std::uint32_t const>(b.words));
      out.add(std::span<update const>(b.updates));
      out.add(std::span<std::uint32_t const>(b.counts));
    }
  }
  /// What was saved of a log of as many coordinates and workers.
  /// errors  bad_checkpoint
  update_log saved_in(checkpoint_reader& in) const {
    update_log then(static_cast<std::int64_t>(coordinates_), static_cast<std::int64_t>(used_),
                    static_cast<int>(pulls_.size()));
    then.counts_ = in.get_all<std::uint32_t>();
    then.whole_ = in.get<std::uint64_t>();
    then.pulls_ = in.get_all<place>();
    then.open_ = in.get<std::int64_t>();
    for (auto left = in.get<std::int64_t>(); left > 0; --left) {
      block& b = then.blocks_[in.get<std::int64_t>()];
      b.pulls = in.get<std::int64_t>();
      b.whole = in.get<std::uint64_t>();
      b.words = in.get_all<std::uint32_t>();
      b.updates = in.get_all<update>();
      b.counts = in.get_all<std::uint32_t>();
    }
    if (then.pulls_.size() != pulls_.size() || (!then.counts_.empty() && then.counts_.size() != coordinates_))
      in.fail("an array has another size");
    return then;
  }

 private:
  enum class shape : std::int64_t { whole, list, mask };
  struct update {
    std::size_t begin;  // of its words, which end where the next one's begin
    shape kind;
  };
  struct block {
    std::vector<std::uint32_t> words{};
    std::vector<update> updates{};
    std::int64_t pulls = 0;               // that lie in it and are outstanding
    std::vector<std::uint32_t> counts{};  // when it was full; empty: all zero
    std::uint64_t whole = 0;
    std::size_t bytes() const { return words.capacity() * sizeof(words[0]) + updates.capacity() * sizeof(update); }
  };
  static constexpr std::int64_t none_ = -1;
  struct place {
    std::int64_t block = none_, update = 0;  // the first one after the pull
  };

  void close(block& b) {
    b.words.shrink_to_fit();
    b.updates.shrink_to_fit();
    b.counts = counts_;
    b.whole = whole_;
    ++open_;
  }
  static void count_touched(block const& b, std::size_t i, std::span<std::uint32_t> counts) {
    std::size_t const begin = b.updates[i].begin,
                      end = i + 1 < b.updates.size() ? b.updates[i + 1].begin : b.words.size();
    if (b.updates[i].kind == shape::list)
      for (std::size_t j = begin; j < end; ++j) ++counts[b.words[j]];
    if (b.updates[i].kind == shape::mask)
      for (std::size_t j = begin; j < end; ++j) {
        auto const of_word = counts.subspan((j - begin) * 32);
        std::size_t const bits = std::min<std::size_t>(32, of_word.size());
        for (std::size_t bit = 0; bit < bits; ++bit) of_word[bit] += b.words[j] >> bit & 1;
      }
  }

  std::size_t coordinates_, used_;
  std::vector<std::uint32_t> counts_;  // of the updates that did not touch all; empty until the first of these
  std::uint64_t whole_ = 0;            // updates that touched all
  std::vector<place> pulls_;
  std::map<std::int64_t, block> blocks_;
  std::int64_t open_ = 0;  // the block that is not full
};

SADDLE_NAMESPACE_END
