#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// How M workers form an average among themselves, in place of a server. Of S bytes, on equal links with a latency of
/// alpha and beta seconds a byte, it takes
///
/// ring      2 (M - 1) alpha + 2 (M - 1)/M S beta: pieces go round, are added up, and go round again
/// tree      2 log2 M (alpha + S beta): sums go up a binomial tree, the average comes down
/// doubling  log2 M (alpha + S beta): in round r all swap their sums with the worker 2^r away
/// halving   2 log2 M alpha + 2 (M - 1)/M S beta: they swap halves, quarters, ..., and then all the way back
///
/// where M is a power of two. Where it is not, a tree is as deep as for the next power; in doubling and halving the
/// workers beyond the last power give their vector to a partner first, and get the average from it at the end.
enum class all_reduce { none, ring, tree, doubling, halving };

/// The messages of an all-reduce, and which of them can be sent when others have come. A worker takes what comes to it
/// in the order of the algorithm: what is early, by a lost message or a fast sender, waits.
class reduction {
 public:
  struct message {
    int to;
    std::int64_t bytes;
    int after;  // how many must have come to the sender
    int nth;    // of those that come to the receiver
  };

  reduction(all_reduce how, int workers, std::int64_t bytes)
      : workers_(workers), bytes_(bytes), members_(static_cast<std::size_t>(workers)) {
    for (int m = 0; m < workers; ++m) {
      switch (how) {
        case all_reduce::none: break;
        case all_reduce::ring: ring(m); break;
        case all_reduce::tree: tree(m); break;
        case all_reduce::doubling: swap(m, false); break;
        case all_reduce::halving: swap(m, true); break;
      }
    }
  }

  message const& sent(int from, int place) const {
    return members_[static_cast<std::size_t>(from)].sends[static_cast<std::size_t>(place)];
  }
  /// f(place, message) of all that this worker can send now and has not sent.
  template <class F>
  void send(int from, F const& f) {
    member& m = members_[static_cast<std::size_t>(from)];
    for (; m.next < m.sends.size() && m.sends[m.next].after <= m.came; ++m.next)
      f(static_cast<int>(m.next), m.sends[m.next]);
  }
  void arrive(message const& what) {
    member& m = members_[static_cast<std::size_t>(what.to)];
    auto const nth = static_cast<std::size_t>(what.nth);
    if (m.is_here.size() <= nth) m.is_here.resize(nth + 1);
    m.is_here[nth] = true;
    while (static_cast<std::size_t>(m.came) < m.is_here.size() && m.is_here[static_cast<std::size_t>(m.came)]) ++m.came;
  }

 private:
  struct member {
    std::vector<message> sends{};
    std::size_t next = 0;
    std::vector<bool> is_here{};
    int came = 0;  // all before this one
  };
  void add(int from, message const& what) { members_[static_cast<std::size_t>(from)].sends.push_back(what); }

  /// Every worker hands on to the next one the piece that has just come.
  void ring(int m) {
    auto const begin_of = [&](std::int64_t piece) { return bytes_ * piece / workers_; };
    for (int r = 0; r < 2 * (workers_ - 1); ++r) {
      int const piece = (m - r + 2 * workers_) % workers_;
      add(m, {(m + 1) % workers_, begin_of(piece + 1) - begin_of(piece), r, r});
    }
  }

  /// Worker m's children are m + 2^k, for all 2^k below its lowest bit.
  int children(int m) const {
    int n = 0;
    for (int k = 1; m + k < workers_ && (m & k) == 0; k *= 2) ++n;
    return n;
  }
  void tree(int m) {
    int const below = children(m);
    if (m > 0) add(m, {m & (m - 1), bytes_, below, std::countr_zero(static_cast<unsigned>(m))});
    for (int k = below; k-- > 0;) add(m, {m + (1 << k), bytes_, below + (m > 0 ? 1 : 0), children(m + (1 << k))});
  }

  void swap(int m, bool halves) {
    int const rounds = static_cast<int>(std::bit_width(static_cast<unsigned>(workers_))) - 1, paired = 1 << rounds;
    auto const has_guest = [&](int who) { return who + paired < workers_ ? 1 : 0; };
    if (m >= paired) return add(m, {m - paired, bytes_, 0, 0});
    auto const with = [&](int distance, std::int64_t bytes, int round) {
      add(m, {m ^ distance, bytes, has_guest(m) + round, has_guest(m ^ distance) + round});
    };
    int round = 0;
    if (halves) {
      for (int d = paired / 2; d > 0; d /= 2) with(d, bytes_ * d / paired, round++);
      for (int d = 1; d < paired; d *= 2) with(d, bytes_ * d / paired, round++);
    } else {
      for (int d = 1; d < paired; d *= 2) with(d, bytes_, round++);
    }
    if (has_guest(m) != 0) add(m, {m + paired, bytes_, 1 + round, 0});
  }

  int workers_;
  std::int64_t bytes_;
  std::vector<member> members_;
};

SADDLE_NAMESPACE_END
