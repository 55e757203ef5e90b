#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/step/combine.hpp"
#include "saddle/step/non_finite.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/train/report.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a combination keeps for each worker, and how it runs.
struct demands {
  bool look_ahead = false;      // an array h
  bool memory = false;          // error memory
  int copy_planes = 0;          // of public copies
  bool previous = false;        // w of the round before, within an exchange
  bool outgoing = false;        // p in an array of its own
  bool shares_weights = false;  // one w a process
  bool averages = false;        // a server: all hear the same, and it answers
  bool anchor = false;          // one a process: where the workers last agreed
  bool sum = false;             // one a process: of the averages that came
  int state_planes = 0;
  bool shares_state = false;    // one state a process
  bool late = false;            // encodes what it has before the gradient
  bool relays = false;          // the server encodes the average
  bool whole_uplinks = false;   // a message cannot be cut into shards of the server
  bool one_server = false;      // neither can what goes down
  bool server_memory = false;   // or a plane for its p
  bool server_owes = false;     // it is a memory
  int phases = 1;
  int rounds = 1;               // an exchange
  int every = 1;                // so many steps, one exchanges
  bool varies = true;           // who hears whom depends on the step
  /// Who hears a worker keeps a copy of its own.
  bool mixes_copies() const { return copy_planes > 0 && !averages; }
};

/// One round of one phase of a step. `index` counts them, the rounds of a phase one after the other.
struct moment {
  std::int64_t step;
  int index, phase;
  std::uint64_t exchange;
  bool first_round, last_round, commits;
  double keep;  // of the average
};

/// Where everything lies, in the executor's memory.
template <class T>
struct fleet {
  int first = 0, hosted = 0, all = 0;    // workers: the first of this process, its number, everywhere
  std::vector<worker_arrays<T>> workers;
  std::vector<message_planes> outgoing;  // where each hosted worker writes
  T* server_memory = nullptr;            // or its p, where the downlink selects
  message_planes server_message;
};

/// Which way a message goes: from a worker, or from the server.
enum class way { up, down };

/// A combination of policies, compiled: its kernels behind virtual calls, one a launch. The trainer knows no policy.
///
/// Phases, rounds, hosted workers, workers and moments are counted from 0, as many as `demands` and `fleet` say; a
/// player is 0, 1 or -1 for both. Whoever calls has looked at what policies of a user say of them.
template <class T>
class program {
 public:
  virtual ~program() = default;

  virtual demands needs() const = 0;
  virtual phase phase_at(int k) const = 0;
  virtual bucket_layout layout() const = 0;  // for the host
  virtual std::vector<edge> sources(std::int64_t step, int round, int worker, int workers) const = 0;
  virtual std::string optimizer_name() const = 0;
  virtual std::string compressor_name() const = 0;   // on the wire
  virtual std::string compression_name() const = 0;  // with what is kept beside it
  virtual std::string topology_name() const = 0;
  virtual saddle::feedback feedback() const = 0;
  /// The fields that decide what is sent and kept, for reports and to tell checkpoints apart. Step sizes are not among
  /// them: they may change when a run is continued.
  virtual std::string details() const = 0;

  /// Bytes of one message of one player (0, 1) or both (-1).
  virtual message_bytes message(way to, int player) const = 0;
  /// The planes of a message in memory.
  virtual std::int64_t planes_bytes(way to) const = 0;
  virtual message_planes planes(way to, std::byte* begin) const = 0;

  // Messages that leave the process or come from another one, in the host's memory; see compressor/message.hpp.
  virtual std::vector<std::span<std::byte>> wire_parts(way to, message_planes const& planes,
                                                       bucket_range const& part) const = 0;
  virtual message_header seal(way to, message_planes const& planes, message_key const& key,
                              message_status const& status) const = 0;
  virtual void open(way to, message_header const& header, message_planes const& planes,
                    message_key const& key) const = 0;

  // The executor's memory.
  virtual bool in_host_memory() const = 0;
  /// n values, zero, which live as long as the program.
  virtual void read_bytes(std::span<std::byte> host, std::byte const* there) const = 0;
  virtual void write_bytes(std::byte* there, std::span<std::byte const> host) = 0;
  virtual T* allocate(std::size_t n) = 0;
  virtual std::byte* allocate_bytes(std::size_t n) = 0;
  virtual void read(T* host, T const* there, std::size_t n) const = 0;
  virtual void write(T* there, T const* host, std::size_t n) = 0;
  virtual void copy(T* to, T const* from, std::size_t n) = 0;
  /// Once, when all that is in it has been allocated.
  virtual void bind(fleet<T> const& all) = 0;
  /// The workers' arrays lie elsewhere from now on: as many as before, of the same sizes.
  virtual void move_workers(std::vector<worker_arrays<T>> const& to) = 0;
  /// From now on this worker's message is read there, and added to its public copy here, if there is one.
  virtual void hear(int worker, message_planes const& from, T* copy) = 0;

  // What the next step needs to know, all of it before the step.
  virtual void plan(moment const& now) = 0;
  virtual void plan(int phase, int hosted, sample const& s) = 0;
  /// Who hears whom in a round: one list a hosted worker, or one for all of them where they share their weights.
  virtual void plan(int round, std::span<std::vector<edge> const> heard) = 0;
  virtual void publish() = 0;

  /// Runs f, which makes the calls below, and the same ones whenever it is of that kind: any number, one for each part
  /// of a step between two exchanges with other processes. If it `repeats` them in the executor's memory alone, an
  /// executor may record what they do.
  virtual void replay(int kind, std::function<void()> const& f, bool repeats) = 0;
  virtual void begin() = 0;
  /// f(m, sample) for every hosted worker, each on one thread; the sample lies in the executor's memory.
  virtual void each_worker(int phase, std::function<void(int, sample const*)> const& f) = 0;
  virtual void adapt(int index, int player) = 0;
  virtual void step_alone(int index, int player) = 0;
  virtual void encode(int index, int player) = 0;
  /// The lowest coordinate that is not finite, of this step, of each worker and of the server.
  virtual std::vector<std::int64_t> non_finite() const = 0;
  virtual void set_non_finite(int who, std::int64_t coordinate) = 0;
  /// The public copies of workers elsewhere take what these sent.
  virtual void absorb(int index, int player) = 0;
  /// Who of the workers skips the next relay and apply.
  virtual void judge(int round) = 0;
  virtual void relay(int index, int round, bucket_range const& part) = 0;
  virtual void apply(int index, int round, int player) = 0;
  virtual void restore(int index, int round, int player) = 0;
  /// average = keep average + (1 - keep) w
  virtual void average(T* average, T const* w) = 0;
  virtual void end() = 0;

  /// Waits for the steps so far.
  virtual mishaps met() const = 0;
  virtual void set_met(mishaps const& m) = 0;
};

SADDLE_NAMESPACE_END
