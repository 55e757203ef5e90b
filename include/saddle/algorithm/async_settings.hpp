#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "saddle/algorithm/staleness.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/core/players.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/run/grouping.hpp"
#include "saddle/run/report.hpp"

SADDLE_NAMESPACE_BEGIN

/// How an asynchronous server trains.
///
/// compressor  any of the library; with error_feedback what is not sent is accumulated, bare it is dropped. Not ef21
/// step_size   counts the pushes that were applied
template <compression C = identity, staleness_rule S = staleness::none>
struct async_settings {
  C compressor{};
  S staleness{};
  schedule step_size = 1e-2;
  double max_factor = 1;  // the maximizing player's step size is so many times as large
  box min_box{}, max_box{};
  saddle::grouping grouping = grouping::whole_model;
  std::optional<std::int64_t> max_staleness{};  // a push that more than so many came before, since its pull, is refused
  std::uint64_t seed = 1;
  std::string problem{};  // a name, beside its identity(); a checkpoint of another one is refused
  std::string record{};   // a file for the order in which the server takes the pushes, a worker a line
  std::string replay{};   // such a file: they are taken in this order, on any number of processes

  /// What these numbers must be for a problem of these sizes.
  /// errors  std::invalid_argument
  void check(players sizes) const {
    expects(!max_staleness || *max_staleness >= 0, [&] {
      return "async_server: max_staleness is not negative, and is " + std::to_string(*max_staleness);
    });
    std::string const why = first_objection({step_size.objection("async_server: step_size"),
                                             objection_unless_finite("async_server: max_factor", max_factor),
                                             objection_to_box("async_server: min_box", min_box.lo, min_box.hi),
                                             objection_to_box("async_server: max_box", max_box.lo, max_box.hi)});
    expects(why.empty(), [&] { return why; });
    expects(sizes.max > 0 || max_factor == 1,
            "async_server: max_factor is set, and the problem has no maximizing player");
    expects(sizes.max > 0 || (max_box.lo == box{}.lo && max_box.hi == box{}.hi),
            "async_server: max_box is set, and the problem has no maximizing player");
  }
};

/// What an asynchronous server counts. Checkpoints hold it.
struct async_counters {
  std::int64_t step = 0;            // pushes that it has applied
  std::int64_t refused = 0;         // pushes that were too stale
  std::int64_t lost = 0;            // gradients of workers that crashed before the server had them, or that a
                                    // checkpoint of several processes did not hold
  std::int64_t pulls = 0;           // answers of the server
  std::int64_t staleness_sum = 0;   // over the pushes that were applied: how many others were, since the pull
  std::int64_t largest_staleness = 0;
  std::int64_t skipped_steps = 0;   // in which some coordinate was not finite
  std::int64_t turn = 0;            // pushes that came
  message_bytes uplink, downlink;   // of pushes that the server got; of weights that it sent, as they are
};

/// On ranks that are not the server's, wire_bytes and details alone.
struct async_report : run_report, async_counters {
  using counters = async_counters;
  std::vector<int> refused_workers{};  // whose pushes were refused in the latest step: between the push that it
                                       // applied and the one before
  std::vector<int> left_behind{};   // workers elsewhere that have been silent for longer than the deadline
  int worker = 0;                   // whose push was applied last
  double mean_staleness = 0;        // of the pushes that were applied
  std::int64_t staleness_bytes = 0; // that the rule of staleness needs now to count
};

template <class S>
concept names_policies_of_async_server = requires(S const s) { s.compressor, s.staleness, s.step_size; };

SADDLE_NAMESPACE_END
