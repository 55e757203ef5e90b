#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/memory.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/run/named_arrays.hpp"
#include "saddle/run/report.hpp"
#include "saddle/step/norm.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// The arrays, tables and counters of a run that no policy and no executor has a part in.
template <class T>
struct run_state : run_counters {  // skipped steps are counted in `log` alone
  communicator& link;
  executor_memory& memory;
  std::uint64_t seed;
  bucket_layout layout{};  // for the host
  named_arrays<T> arrays{};

  // In the executor's memory.
  std::int64_t* lowest =
      nullptr;  // the lowest coordinate of this step that was not finite: each worker's, the server's
  saddle::skipped_steps* log = nullptr;
  char* absent_there = nullptr;    // of each hosted worker: as which players
  char* skips_there = nullptr;     // the same: whether its latest exchange was skipped
  T* scalars = nullptr;            // so many of each worker, and those of its tensors
  int scalars_each = scalars_of_worker;

  /// As which players each worker takes no part in this step; empty if all are there.
  std::vector<char> absent{};

  int first() const { return link.first(); }
  int hosted() const { return link.hosted(); }
  int workers() const { return link.workers(); }
  bool is_hosted(int worker) const { return worker >= first() && worker < first() + hosted(); }
  char absence_of(int worker) const { return absent.empty() ? no_player : absent[static_cast<std::size_t>(worker)]; }
  bool is_absent(int worker, int player = both_players) const { return has_player(absence_of(worker), player); }
  /// Whether somebody is there as one player, and not as the other.
  bool is_split() const {
    for (char const one : absent)
      if (one != no_player && one != every_player) return true;
    return false;
  }
  std::int64_t present() const { return workers() - std::count(absent.begin(), absent.end(), every_player); }
  template <class U>
  point<U> split(U* a) const {
    return {{a, static_cast<std::size_t>(layout.sizes.min)},
            {a + layout.begin_of(1), static_cast<std::size_t>(layout.sizes.max)}};
  }
  std::vector<std::int64_t> lowest_on_host() const {
    std::vector<std::int64_t> all(static_cast<std::size_t>(workers()) + 1);
    memory.read(all.data(), lowest, all.size());
    return all;
  }
};

SADDLE_NAMESPACE_END
