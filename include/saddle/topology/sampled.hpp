#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Some of the workers take part in a round, drawn anew for each, without replacement: the same ones on every process,
/// with no message. Whoever is not there computes nothing and keeps its arrays; with a server it hears the new w.
///
/// mean     w is averaged over those who are there; what is added up (a tracker) is a share of all, and the change of
///          the others is 0
/// inside   or outside of local_steps: the draw lasts for a round
template <topology Tp>
struct sampled {
  Tp topology{};
  int workers_a_round = 1;

  using wraps = Tp;
  bool takes_part(std::uint64_t seed, std::int64_t step, int worker, int workers) const {
    std::vector<int> order(static_cast<std::size_t>(workers));
    std::iota(order.begin(), order.end(), 0);
    random_sequence random({.seed = seed,
                            .use = purpose::coin,
                            .exchange = static_cast<std::uint64_t>(begin_of_round(topology, seed, step)),
                            .worker = static_cast<std::uint32_t>(coin::workers)});
    int const n = std::min(workers_a_round, workers);
    for (int i = 0; i < n; ++i)
      std::swap(order[static_cast<std::size_t>(i)],
                order[static_cast<std::size_t>(i) + random.below(static_cast<std::uint32_t>(workers - i))]);
    return std::find(order.begin(), order.begin() + n, worker) != order.begin() + n;
  }
  void check(int workers, bool, bool) const {
    expects(workers_a_round >= 1 && workers_a_round <= workers, [&] {
      return "sampled: workers_a_round lies between 1 and the number of workers, and is " +
             number_text(workers_a_round);
    });
  }
  std::string name() const { return "sampled-" + topology.name(); }
  std::string details() const { return "sampled=" + number_text(workers_a_round) + details_of(topology); }
};
template <class Tp>
sampled(Tp) -> sampled<Tp>;
template <class Tp>
sampled(Tp, int) -> sampled<Tp>;

SADDLE_NAMESPACE_END
