#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "saddle/algorithm/md_gan_settings.hpp"
#include "saddle/config.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Who takes part in a step of MD-GAN. Whoever does has a place among these, in the order of the workers; those of this
/// process follow each other.
struct attendance {
  std::vector<int> present;    // workers
  std::vector<int> here;       // those of this process, counted from its first worker on
  std::size_t first_here = 0;  // the place of the first of them

  /// Departures are in the order of their workers.
  void find(communicator& link, std::span<departure const> departures, std::int64_t step) {
    present.clear();
    here.clear();
    first_here = 0;
    time_model* const model = link.model();
    std::span<int const> const absent = model != nullptr ? model->begin_step(step) : std::span<int const>{};
    auto next = departures.begin();
    for (int n = 0; n < link.workers(); ++n) {
      bool const leaves = next != departures.end() && next->worker == n;
      bool const has_left = leaves && next->step <= step;
      if (leaves) ++next;
      if (has_left || std::ranges::binary_search(absent, n)) continue;
      if (int const local = n - link.first(); local >= 0 && local < link.hosted()) {
        if (here.empty()) first_here = present.size();
        here.push_back(local);
      }
      present.push_back(n);
    }
  }
};

/// What goes between the processes of an MD-GAN in a step, in this order.
enum class md_gan_exchange : std::uint64_t { samples, feedbacks, discriminators, states, buffers };
/// No two exchanges of a run share their random bits. Buffers are sent without random bits, so they reuse the
/// number of states.
inline std::uint64_t exchange_number(std::int64_t step, md_gan_exchange what) {
  return 4 * static_cast<std::uint64_t>(step) + static_cast<std::uint64_t>(std::min(what, md_gan_exchange::states));
}

SADDLE_NAMESPACE_END
