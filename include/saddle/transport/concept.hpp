#pragma once
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Bytes did not come, or could not go: which process waited for which, at which step and round.
struct transport_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One directed transfer of an exchange, between workers.
struct transfer {
  int from, to;
};
/// Bytes for another process, or the place for bytes from there.
struct parcel {
  int rank;
  std::span<std::byte> bytes;
};

/// Bytes from another process that come when they come.
struct letter {
  int rank;
  std::vector<std::byte> bytes;
};

/// What one round of an exchange moves. Of two processes one sends what the other receives, in the same order.
struct exchange_round {
  std::int64_t step = 0;
  int round = 0;
  std::span<transfer const> transfers{};  // all of them, wherever the workers are
  std::span<parcel const> sends{}, receives{};
};

/// Where the averages of a parameter server are taken: each rank serves a part of the buckets, or rank 0 serves all.
enum class server_place { sharded, star };

/// What a kind of link carried, lost messages included.
struct link_traffic {
  std::string name;
  std::int64_t messages = 0, lost = 0, bytes = 0;
  friend bool operator==(link_traffic const&, link_traffic const&) = default;
};
/// What a run would have taken on the network that a transport models.
struct virtual_time {
  double seconds = 0;               // by the latest worker's clock
  std::vector<double> waiting;      // seconds of each worker in which it was there and did not compute
  std::vector<link_traffic> links;  // each kind
  std::int64_t missed = 0;          // steps in which a worker was absent, over all workers
  friend bool operator==(virtual_time const&, virtual_time const&) = default;
};

/// What a driver will ask of a model of time.
struct network_use {
  bool serves, gossips;
  bool adds_up = false;  // the server does nothing but average vectors that can be added up on their way
};

/// A transport's model of time. It is told of every step before that is run: begin_step, then for each phase compute
/// and the rounds of the exchange.
class time_model {
 public:
  virtual ~time_model() = default;
  /// Before the first step.
  /// errors  std::invalid_argument: a field of its description would have no effect, or does not fit
  virtual void expect_use(network_use const& use) const = 0;
  /// Before the first step, from methods in which every worker must take part in every step.
  /// errors  std::invalid_argument: some would not
  virtual void expect_everyone() const = 0;
  /// Who is absent in the step, in ascending order: they compute and send nothing.
  virtual std::span<int const> begin_step(std::int64_t step) = 0;
  /// A gradient on every worker; what is sent next does not wait for it if both overlap.
  virtual void compute(int phase, bool overlaps) = 0;
  /// A round: a message of each worker to the server, and the server's answers; or messages along the edges of a graph.
  virtual void serve(std::int64_t up_bytes, std::int64_t down_bytes) = 0;
  virtual void gossip(std::span<transfer const> transfers, std::int64_t bytes) = 0;

  virtual virtual_time report() const = 0;
  /// Names the model: a checkpoint of another one is refused.
  virtual std::string name() const = 0;
  /// Between steps, all that determines the future; always as many numbers.
  virtual std::vector<double> state() const = 0;
  virtual void set_state(std::span<double const> state) = 0;
};

/// A running connection between processes. It knows bytes, no types.
class communicator {
 public:
  virtual ~communicator() = default;
  virtual int workers() const = 0;
  /// Processes, and the number of this one.
  virtual int ranks() const = 0;
  virtual int rank() const = 0;
  virtual server_place server() const { return server_place::sharded; }
  /// From start to finish the bytes stay where they are and are not touched.
  /// errors  transport_error; none of its waits is longer than a deadline
  virtual void start(exchange_round const& round) = 0;
  virtual void finish() = 0;
  /// Letters are for processes that do not wait for each other. Those from one to another come in the order in which
  /// they were posted, and are the communicator's from then on; no error says that one did not come.
  virtual void post(int /*rank*/, std::vector<std::byte> /*bytes*/) {
    throw transport_error("this transport carries no letters");
  }
  /// The next one from anybody; nothing where none comes in this time.
  virtual std::optional<letter> take(std::chrono::milliseconds /*patience*/) {
    throw transport_error("this transport carries no letters");
  }
  /// Returns when all that this process posted has left it.
  /// errors  transport_error: not within the deadline
  virtual void hand_over() {}
  /// How long this process waits for another one before it gives up.
  virtual std::chrono::milliseconds deadline() const { return std::chrono::minutes(5); }
  /// What this process put on a wire so far.
  virtual std::int64_t wire_bytes() const = 0;
  /// Null where time is real.
  virtual time_model* model() { return nullptr; }

  /// Rank r hosts the workers first_of(r) ... first_of(r + 1) - 1.
  int first_of(int r) const { return static_cast<int>(std::int64_t{workers()} * r / ranks()); }
  int first() const { return first_of(rank()); }
  int hosted() const { return first_of(rank() + 1) - first(); }
  int host_of(int worker) const {
    int r = static_cast<int>(std::int64_t{worker} * ranks() / workers());
    while (first_of(r + 1) <= worker) ++r;
    return r;
  }
  bool is_local() const { return ranks() == 1; }
};

template <class Tr>
concept connects = requires(Tr const t) {
  { t.connect() } -> std::convertible_to<std::unique_ptr<communicator>>;
};
template <class Tr>
concept is_local_is_a_constant =
    !requires { &Tr::is_local; } || requires { typename std::bool_constant<Tr::is_local>; };

/// A value that describes how workers are connected.
///
/// connect()  a running connection
/// is_local   optional: true where all workers are in one process, whatever the values
template <class Tr>
concept transport = connects<Tr> && is_local_is_a_constant<Tr>;

/// Whether all workers are in one process, whatever the values: then nothing is compiled that only others need.
template <class Tr>
inline constexpr bool always_local = [] {
  if constexpr (requires { Tr::is_local; }) return Tr::is_local;
  else return false;
}();

SADDLE_NAMESPACE_END
