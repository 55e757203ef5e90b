#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/combine.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/train/report.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a combination keeps for each worker, and how it runs.
struct demands {
  bool look_ahead = false;      // an array h
  bool memory = false;          // error memory
  bool copies = false;          // public copies
  bool outgoing = false;        // p in an array of its own
  bool shares_weights = false;  // one w a process
  int state_planes = 0;
  bool relays = false;          // the server encodes the average
  bool server_memory = false;   // or a plane for its p
  int phases = 1;
  int rounds = 1;               // an exchange
};

/// One round of one phase, for a program to turn into kernels' constants.
struct moment {
  std::int64_t step;
  int phase;
  std::uint64_t exchange;
  bool first_round, last_round, commits;
};

/// The arrays and messages of the workers of this process, as kernels see them.
template <class T>
struct fleet {
  int first = 0, hosted = 0;
  std::vector<worker_arrays<T>> workers;
  std::vector<message_planes> outgoing;      // where each hosted worker writes
  std::vector<std::int64_t*> non_finite;     // one a hosted worker
  T* server_memory = nullptr;                // or its p, where the downlink selects
  message_planes server_message;
  std::int64_t* server_non_finite = nullptr;
  std::uint32_t server = 0;                  // the server's number: the count of all workers
};

/// A combination of policies, compiled: its kernels behind virtual calls, one a launch. The trainer knows no policy.
template <class T>
class program {
 public:
  virtual ~program() = default;

  virtual demands needs() const = 0;
  virtual phase phase_at(int k) const = 0;
  virtual bucket_layout const& layout() const = 0;
  virtual std::vector<edge> sources(std::int64_t step, int round, int worker, int workers) const = 0;
  virtual std::string optimizer_name() const = 0;
  virtual std::string compressor_name() const = 0;
  virtual std::string topology_name() const = 0;
  virtual bool has_error_feedback() const = 0;
  /// The fields that decide what is sent and kept, for reports and to tell checkpoints apart. Step sizes are not among
  /// them: they may change when a run is continued.
  virtual std::string details() const = 0;

  /// Bytes of one message up, or of one message down, of one player (0, 1) or both (-1).
  virtual message_bytes uplink_message(int player) const = 0;
  virtual message_bytes downlink_message(int player) const = 0;
  /// The planes of a message in memory.
  virtual std::int64_t uplink_planes_bytes() const = 0;
  virtual std::int64_t downlink_planes_bytes() const = 0;
  virtual message_planes uplink_planes(std::byte* begin) const = 0;
  virtual message_planes downlink_planes(std::byte* begin) const = 0;

  virtual void at(moment const& now) = 0;
  /// Until the next at(), relay and apply do nothing: some message reported a coordinate that is not finite.
  virtual void skip() = 0;
  virtual void adapt(fleet<T> const& all, int player) = 0;
  virtual void encode(fleet<T> const& all, int player) = 0;
  virtual void relay(fleet<T> const& all, incoming<T> const& from, int player) = 0;
  /// One source a hosted worker, or one for all of them where they share their weights.
  virtual void apply(fleet<T> const& all, std::vector<incoming<T>> const& from, int player) = 0;
  virtual void restore(fleet<T> const& all, int player) = 0;
  /// f(m) for every hosted worker, each on one thread.
  virtual void each_worker(int hosted, std::function<void(int)> const& f) = 0;
  /// average += (1 - keep) (w - average)
  virtual void average(T* average, T const* w, T keep) = 0;
};

SADDLE_NAMESPACE_END
