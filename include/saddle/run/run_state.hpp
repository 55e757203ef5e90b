#pragma once
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
  char* absent_there = nullptr;    // of each hosted worker
  char* skips_there = nullptr;     // the same: whether its latest exchange was skipped
  T* scalars = nullptr;            // so many of each worker, and those of its tensors
  int scalars_each = scalars_of_worker;

  /// Who takes no part in this step, in ascending order.
  std::vector<int> absent{};

  int first() const { return link.first(); }
  int hosted() const { return link.hosted(); }
  int workers() const { return link.workers(); }
  bool is_hosted(int worker) const { return worker >= first() && worker < first() + hosted(); }
  bool is_absent(int worker) const {
    for (int const m : absent)
      if (m == worker) return true;
    return false;
  }
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
