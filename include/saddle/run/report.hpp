#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/core/players.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// What the seconds of a report are added up from.
inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A coordinate that was not finite, and so made all workers skip an apply.
struct non_finite_coordinate {
  std::int64_t step;
  int worker;
  saddle::player player;
  std::int64_t coordinate;  // within the player
};
/// Where the coordinate is counted over both players.
inline non_finite_coordinate non_finite_at(bucket_layout const& layout, std::int64_t step, int worker,
                                           std::int64_t coordinate) {
  std::int64_t const second = layout.begin_of(1);
  if (coordinate < second) return {step, worker, player::min, coordinate};
  return {step, worker, player::max, coordinate - second};
}

/// What every driver says of its run, beside what it counts.
struct run_report {
  std::int64_t steps_executed = 0;  // by this process, since it was started or loaded
  std::int64_t wire_bytes = 0;      // what this process put on a wire
  double seconds = 0;               // in step(), and in any() to wait for the others
  std::optional<virtual_time> simulated;  // where the transport models time
  std::optional<non_finite_coordinate> non_finite;  // the latest
  std::string details;              // all policies and numbers that decide what is sent
};

/// What a trainer counts. Checkpoints hold it.
struct run_counters {
  std::int64_t step = 0;            // steps of the run so far
  std::uint64_t exchange = 0;       // the number of the next one
  std::int64_t gradients = 0;       // a worker
  std::int64_t skipped_steps = 0;   // in which some coordinate was not finite, as far as this process knows
  message_bytes uplink, downlink;   // what the topology sent, for any number of processes the same; gossip: all uplink
};

struct report : run_report, run_counters {
  using counters = run_counters;
  std::string optimizer, compressor, topology;
  saddle::feedback feedback = saddle::feedback::none;
};

SADDLE_NAMESPACE_END
