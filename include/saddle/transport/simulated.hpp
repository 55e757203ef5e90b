#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/transport/all_reduce.hpp"
#include "saddle/transport/compute_time.hpp"
#include "saddle/transport/concept.hpp"
#include "saddle/transport/virtual_network.hpp"

SADDLE_NAMESPACE_BEGIN

/// Whether a worker gives its port all messages of a round at once, or each when the one before has been delivered. A
/// server always does the first.
enum class sending { in_parallel, in_sequence };

/// A worker whose gradients take `factor` times as long.
struct straggler {
  int worker;
  double factor;
};
/// What a worker that is away keeps: a pause all, a crash nothing. Whoever trains step by step keeps its own in both.
enum class outage { pause, crash };
/// A worker is away from a time on, and back at another, in virtual seconds.
struct absence {
  int worker;
  double from, until = std::numeric_limits<double>::max();
  outage kind = outage::pause;
};

/// All workers in this process, and a model of the time that the run would take on a network; see report::simulated.
///
/// Training: as long as nobody is absent, the weights are those of `loopback`, to the bit: time changes no number. It
/// depends on nothing but the fields and the sizes of the messages. In the virtual seconds of
///
/// a step      every worker computes, sends what the topology says, and goes on when it has got what it hears. There is
///             a clock for each worker; those of a graph wait for their neighbours only
/// a server    answers all at once, when the last message has come, in the order of the workers. With a latency of
///             alpha, beta seconds a byte at the server and S bytes a message a round of M workers that are ready at
///             one time takes 2 alpha + 2 M S beta. After it they are not: who was answered first computes and sends
///             while others still listen, and each further round takes 2 alpha + (M + 1) S beta
/// all_reduce  `average` says how the workers form the server's average among themselves. What they send must be exact:
///             a partial sum of compressed messages is no such message. Over MPI `server_place::sharded` is an
///             all-reduce, a reduce-scatter and an all-gather whose sums are in the order of the workers, as here
/// a graph     a worker sends to those behind it in the order of their distance, (receiver - sender) modulo M: round
///             the ring nobody gets two messages at once. With D neighbours t rounds take t D (alpha + S beta) in
///             sequence, and t (alpha + D S beta) in parallel
/// an overlap  combine_then_adapt sends before it computes, and goes on when both are done
///
/// An exchange is modelled when the one before is done: where clocks differ, a port serves its messages before those of
/// the next.
///
/// Absence: who is away at a step's begin, by the latest worker's clock, misses the whole step; who goes away in
/// between takes part to its end. A server averages over the others. In a graph the others keep what they would have
/// taken of an absent worker: their rows of the mixing matrix still sum to 1, and so do the columns of a symmetric one.
/// What is a worker's own - optimizer state, error memory, public copy, in a graph its weights - stays as it is until
/// it is back, at the begin of the first step after its time; then it has the weights of the server, with local_steps
/// those of the latest round. Where all are away the clock is put forward to the first return.
///
/// A driver without steps uses network(), seconds() and is_present(), and decides what an absence means.
///
/// links    kinds of links, see virtual_network.hpp: datacentre, ethernet, wan, home, or your own
/// kind_of  (from, to): by which of them two workers, or the server (number `workers`) and a worker, are joined; empty:
///          the first. A checkpoint does not know it
/// seed     of compute times and losses; training has its own
/// errors   std::invalid_argument; transport_error where nobody will ever be back
struct simulated {
  int workers = 1;
  std::vector<link_kind> links{ethernet};
  std::function<int(int from, int to)> kind_of{};
  sending order = sending::in_parallel;
  all_reduce average = all_reduce::none;
  compute_time compute{};
  std::vector<straggler> stragglers{};
  message_loss losses{};
  std::vector<absence> absences{};
  std::uint64_t seed = 1;
  static constexpr bool is_local = true;

  std::unique_ptr<communicator> connect() const;
  virtual_network network() const { return {workers, links, kind_of, losses, seed}; }
  /// What a gradient takes on a worker: the draws are counted by step and phase.
  double seconds(int worker, std::int64_t step, int phase) const {
    return factor(worker) * compute.seconds(seed, worker, step, phase);
  }
  bool is_present(int worker, double time) const {
    return std::ranges::none_of(absences, [&](absence const& a) { return a.worker == worker && covers(a, time); });
  }
  void check() const {
    network();
    compute.check();
    auto const is_worker = [&](int m, char const* what) {
      expects(m >= 0 && m < workers, [&] {
        return "simulated: " + std::string(what) + " of worker " + std::to_string(m) + ", and there are " +
               std::to_string(workers);
      });
    };
    for (straggler const& s : stragglers) {
      is_worker(s.worker, "a straggler's factor");
      expects(s.factor > 0 && is_finite(s.factor), "simulated: a straggler's factor is positive");
    }
    for (absence const& a : absences) {
      is_worker(a.worker, "an absence");
      expects(a.from < a.until, "simulated: an absence ends after it began");
    }
  }

 private:
  static bool covers(absence const& a, double time) { return a.from <= time && time < a.until; }
  double factor(int worker) const {
    double product = 1;
    for (straggler const& s : stragglers)
      if (s.worker == worker) product *= s.factor;
    return product;
  }

  class connection;
};

class simulated::connection final : public communicator, public time_model {
 public:
  explicit connection(simulated const& described)
      : described_(described),
        network_(described.network()),
        clocks_(static_cast<std::size_t>(described.workers)),
        factors_(clocks_.size(), 1),
        begins_(clocks_.size() + 1) {
    for (straggler const& s : described.stragglers) factors_[at(s.worker)] *= s.factor;
  }

  int workers() const override { return described_.workers; }
  int ranks() const override { return 1; }
  int rank() const override { return 0; }
  void start(exchange_round const&) override {}
  void finish() override {}
  /// On the modelled links.
  std::int64_t wire_bytes() const override {
    std::int64_t sum = 0;
    for (link_traffic const& t : network_.traffic()) sum += t.bytes;
    return sum;
  }
  time_model* model() override { return this; }

  void expect_use(network_use const& use) const override {
    expects(described_.average == all_reduce::none || use.serves,
            "simulated: average is set, and over gossip there is none that an all-reduce could form");
    expects(described_.average == all_reduce::none || use.adds_up,
            "simulated: average is an all-reduce, and this server gets what cannot be added up on its way: messages of "
            "a lossy compressor, or something else than vectors to average");
    expects(use.gossips || described_.order == sending::in_parallel,
            "simulated: order is set, and it is for messages between workers: a server always sends in parallel");
  }
  void expect_everyone() const override {
    expects(described_.absences.empty(),
            "simulated: absences are set, and in this method every worker must take part in every step");
  }
  std::span<int const> begin_step(std::int64_t step) override {
    step_ = step;
    if (described_.absences.empty()) return {};
    double now = seconds();
    for (absent_ = away_at(now); absent_.size() == clocks_.size(); absent_ = away_at(now)) {
      for (worker_clock& c : clocks_) c.is_away = true;
      double const before = now;
      now = std::numeric_limits<double>::max();
      for (absence const& a : described_.absences)
        if (covers(a, before)) now = std::min(now, a.until);
      if (now == std::numeric_limits<double>::max())
        throw transport_error("simulated: at step " + std::to_string(step) + " all workers are away for ever");
    }
    for (std::size_t m = 0, next = 0; m < clocks_.size(); ++m) {
      worker_clock& c = clocks_[m];
      bool const is_away = next < absent_.size() && at(absent_[next]) == m;
      if (is_away) ++next;
      else if (c.is_away) c.time = c.computed = now;
      c.is_away = is_away;
    }
    missed_ += static_cast<std::int64_t>(absent_.size());
    return absent_;
  }
  void compute(int phase, bool overlaps) override {
    each_present([&](int m, worker_clock& c) {
      c.computed = c.time + factors_[at(m)] * described_.compute.seconds(described_.seed, m, step_, phase);
      if (!overlaps) c.time = c.computed;
    });
  }
  void serve(std::int64_t up_bytes, std::int64_t down_bytes) override {
    if (described_.average != all_reduce::none) return reduce(up_bytes);
    int const server = network_.server();
    for (auto const& [time, m] : departures()) network_.send(time, {m, server, up_bytes});
    double all_came = 0;
    while (auto const delivery = network_.next()) all_came = delivery->time;
    each_present([&](int m, worker_clock const&) { network_.send(all_came, {server, m, down_bytes}); });
    while (auto const delivery = network_.next()) hear(delivery->what.to, delivery->time);
    go_on();
  }
  void gossip(std::span<transfer const> transfers, std::int64_t bytes) override {
    sort(transfers);
    auto const send = [&](double time, std::size_t i) {
      network_.send(time, {sorted_[i].from, sorted_[i].to, bytes, static_cast<std::int64_t>(i)});
    };
    bool const one_by_one = described_.order == sending::in_sequence;
    for (auto const& [time, m] : departures())
      for (std::size_t i = begins_[at(m)]; i < begins_[at(m) + 1]; ++i)
        if (!one_by_one || i == begins_[at(m)]) send(time, i);
    while (auto const delivery = network_.next()) {
      hear(delivery->what.to, delivery->time);
      auto const following = static_cast<std::size_t>(delivery->what.tag) + 1;
      if (one_by_one && following < begins_[at(delivery->what.from) + 1]) send(delivery->time, following);
    }
    go_on();
  }

  virtual_time report() const override {
    virtual_time t;
    t.seconds = seconds();
    t.missed = missed_;
    for (worker_clock const& c : clocks_) t.waiting.push_back(c.waited);
    t.links.assign(network_.traffic().begin(), network_.traffic().end());
    return t;
  }
  std::string name() const override {
    std::string name = "network=";
    checksum sum;
    auto const add = [&](double x) { sum.add(std::span(&x, 1)); };
    for (link_kind const& k : described_.links) {
      name.append(k.name).append("-");
      for (double const x : {k.latency, k.up, k.down, k.server}) add(x);
    }
    if (described_.average != all_reduce::none) add(static_cast<double>(described_.average));
    compute_time const& c = described_.compute;
    message_loss const& l = described_.losses;
    for (double const x : {static_cast<double>(described_.order), static_cast<double>(c.kind), c.least, c.scale,
                           c.spread, l.probability, l.timeout})
      add(x);
    for (double const x : factors_) add(x);
    for (absence const& a : described_.absences)
      for (double const x : {static_cast<double>(a.worker), a.from, a.until, static_cast<double>(a.kind)}) add(x);
    sum.add(std::span(&described_.seed, 1));
    return name + hex_text(sum.value());
  }
  std::vector<double> state() const override {
    std::vector<double> s;
    for (worker_clock const& c : clocks_) s.insert(s.end(), {c.time, c.waited, c.is_away ? 1.0 : 0.0});
    s.push_back(static_cast<double>(missed_));
    network_.save(s);
    return s;
  }
  void set_state(std::span<double const> s) override {
    for (std::size_t m = 0; m < clocks_.size(); ++m)
      clocks_[m] = {s[3 * m], s[3 * m], 0, s[3 * m + 1], s[3 * m + 2] != 0};
    s = s.subspan(3 * clocks_.size());
    missed_ = static_cast<std::int64_t>(s[0]);
    network_.load(s.subspan(1));
  }

 private:
  /// From `time` on it can send; its gradient is there when `computed`, and all that it hears when `heard`.
  struct worker_clock {
    double time = 0, computed = 0, heard = 0, waited = 0;
    bool is_away = false;
  };
  static std::size_t at(int worker) { return static_cast<std::size_t>(worker); }

  double seconds() const { return std::ranges::max(clocks_, {}, &worker_clock::time).time; }
  std::vector<int> away_at(double time) const {
    std::vector<int> away;
    for (absence const& a : described_.absences)
      if (covers(a, time)) away.push_back(a.worker);
    std::ranges::sort(away);
    away.erase(std::unique(away.begin(), away.end()), away.end());
    return away;
  }
  template <class F>
  void each_present(F const& f) {
    for (std::size_t m = 0; m < clocks_.size(); ++m)
      if (!clocks_[m].is_away) f(static_cast<int>(m), clocks_[m]);
  }
  struct departure {
    double time;
    int worker;
    friend auto operator<=>(departure const&, departure const&) = default;
  };
  /// Those who are present, in the order in which they can send, which saves the network sorting.
  std::span<departure const> departures() {
    departures_.clear();
    each_present([&](int m, worker_clock const& c) { departures_.push_back({c.time, m}); });
    std::ranges::sort(departures_);
    return departures_;
  }
  /// Among those who are present, who are numbered anew.
  void reduce(std::int64_t bytes) {
    std::vector<int> worker, number(clocks_.size());
    each_present([&](int m, worker_clock const&) {
      number[at(m)] = static_cast<int>(worker.size());
      worker.push_back(m);
    });
    reduction messages(described_.average, static_cast<int>(worker.size()), bytes);
    auto const send = [&](double time, int m) {
      messages.send(number[at(m)], [&](int place, reduction::message const& r) {
        network_.send(time, {m, worker[at(r.to)], r.bytes, place});
      });
    };
    for (auto const& [time, m] : departures()) send(time, m);
    while (auto const delivery = network_.next()) {
      int const m = delivery->what.to;
      hear(m, delivery->time);
      messages.arrive(messages.sent(number[at(delivery->what.from)], static_cast<int>(delivery->what.tag)));
      send(std::max(delivery->time, clocks_[at(m)].time), m);
    }
    go_on();
  }
  void hear(int worker, double time) { clocks_[at(worker)].heard = std::max(clocks_[at(worker)].heard, time); }
  void go_on() {
    each_present([](int, worker_clock& c) {
      double const idle = std::max(c.time, c.computed);
      c.time = std::max(idle, c.heard);
      c.waited += c.time - idle;
    });
  }
  /// By sender, and of one sender by distance: those of worker m begin at begins_[m].
  void sort(std::span<transfer const> transfers) {
    std::ranges::fill(begins_, 0);
    for (transfer const& t : transfers) ++begins_[at(t.from) + 1];
    for (std::size_t m = 0; m < clocks_.size(); ++m) begins_[m + 1] += begins_[m];
    sorted_.resize(transfers.size());
    places_.assign(begins_.begin(), begins_.end());
    for (transfer const& t : transfers) sorted_[places_[at(t.from)]++] = t;
    auto const distance = [&](transfer t) { return t.to > t.from ? t.to - t.from : t.to - t.from + workers(); };
    auto const place = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
    for (std::size_t m = 0; m < clocks_.size(); ++m)
      std::sort(sorted_.begin() + place(begins_[m]), sorted_.begin() + place(begins_[m + 1]),
                [&](transfer a, transfer b) { return distance(a) < distance(b); });
  }

  simulated described_;
  virtual_network network_;
  std::vector<worker_clock> clocks_;
  std::vector<double> factors_;
  std::vector<int> absent_;
  std::int64_t step_ = 0, missed_ = 0;

  // Of one round, kept to reuse their memory.
  std::vector<departure> departures_;
  std::vector<transfer> sorted_;
  std::vector<std::size_t> begins_, places_;
};

inline std::unique_ptr<communicator> simulated::connect() const {
  check();
  return std::make_unique<connection>(*this);
}

static_assert(transport<simulated> && always_local<simulated>);

SADDLE_NAMESPACE_END
