#pragma once
#include <cstdint>

#include "saddle/config.hpp"
#include "saddle/core/atomic_min.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/lanes/concept.hpp"
#include "saddle/kernel/incoming.hpp"

SADDLE_NAMESPACE_BEGIN

/// Reports the lowest coordinate of the tile whose bits(k) are not of a finite magnitude; true on every lane if there
/// is one.
template <class T, int Items, class G, class Bits>
SADDLE_HD bool finds_non_finite_bits(G const& g, Bits bits, bucket const& b, int count, std::int64_t* lowest) {
  if (g.template max<Items>(count, bits) < infinity_bits<T>) return false;
  std::int64_t mine = no_coordinate;
  for_each_slot<Items, G::lanes>([&](int k) {
    int const i = place<Items, G::lanes>(g.lane(), k);
    if (mine == no_coordinate && i < count && bits(k) >= infinity_bits<T>) mine = b.begin + i;
  });
  if (mine != no_coordinate) atomic_min(lowest, mine);
  return true;
}
/// Reports the lowest coordinate of the tile that is not finite; true on every lane if there is one.
template <int Items, class G, class T>
SADDLE_HD bool finds_non_finite(G const& g, T const (&tile)[Items], bucket const& b, int count, std::int64_t* lowest) {
  return finds_non_finite_bits<T, Items>(g, [&](int k) { return magnitude_bits(tile[k]); }, b, count, lowest);
}
/// A coordinate of the tile that is not finite is reported, and becomes what it was. Of one lane, without the others.
template <int Items, class G, class T>
SADDLE_HD void undo_non_finite(G const& g, T (&tile)[Items], T const* before, bucket const& b, int count,
                               std::int64_t* lowest) {
  std::int64_t mine = no_coordinate;
  for_each_slot<Items, G::lanes>([&](int k) {
    int const i = place<Items, G::lanes>(g.lane(), k);
    if (mine == no_coordinate && i < count && !is_finite(tile[k])) mine = b.begin + i;
  });
  sweep<Items>(g, count, [&](int k, T was) { tile[k] = finite_or(tile[k], was); }, reads(before));
  if (mine != no_coordinate) atomic_min(lowest, mine);
}

// What a step does about it, before its first kernel, before each receive, and at its end. `lowest` holds a coordinate
// or `none` for each worker and then the server; of a worker elsewhere, what its latest message said.

struct forget_non_finite {
  std::int64_t* lowest;
  int n;
  char* skips;  // of each hosted worker
  int hosted;
  SADDLE_HD void operator()() const {
    for (int i = 0; i < n; ++i) lowest[i] = no_coordinate;
    for (int m = 0; m < hosted; ++m) skips[m] = 0;
  }
};

/// Who hears of one skips: all workers of a server, the neighbours in a graph.
template <class T>
struct skip_if_non_finite {
  incoming<T>* sources;  // one a target, and after them what workers hear from their server
  int targets;
  std::int64_t const* lowest;
  char* skips;
  int hosted;  // one target for all of them, or one each
  SADDLE_HD void operator()() const {
    for (int target = 0; target < targets; ++target) {
      incoming<T>& in = sources[target];
      in.skips = false;
      for (int p = 0; p < 2; ++p)
        for (int j = 0; j < in.of(p).count; ++j) in.skips |= lowest[in.of(p).terms[j].sender] != no_coordinate;
    }
    sources[targets].skips = sources[0].skips;
    for (int m = 0; m < hosted; ++m) skips[m] = sources[targets == 1 ? 0 : m].skips ? 1 : 0;
  }
};

/// How many steps were skipped, and what the latest of them met.
struct skipped_steps {
  std::int64_t steps = 0, latest_step = 0, coordinate = no_coordinate;
  int who = 0;  // the worker; their number for the server
};

struct note_non_finite {
  std::int64_t const* step;
  std::int64_t const* lowest;
  int n;
  skipped_steps* log;
  SADDLE_HD void operator()() const {
    for (int i = 0; i < n; ++i)
      if (lowest[i] != no_coordinate) {
        *log = {log->steps + 1, *step, lowest[i], i};
        return;
      }
  }
};

SADDLE_NAMESPACE_END
