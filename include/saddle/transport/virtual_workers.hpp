#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/transport/concept.hpp"
#include "saddle/transport/simulated.hpp"
#include "saddle/transport/virtual_network.hpp"

SADDLE_NAMESPACE_BEGIN

/// Workers that wait for nobody but the server, on a modelled network: each takes a gradient at the weights it has,
/// sends it, and begins the next one when the answer, new weights, is there. Who drives it is the server: it asks for
/// what happens next, and answers or does not.
///
/// begin    whoever is there at second 0 has the weights of the start
/// pause    what the worker computes is finished later by as long as it was away; what it sent arrives; an answer that
///          comes meanwhile is taken when it is back
/// crash    what it computes, sends or waits for is gone. When it is back, and where its absence began at second 0 or
///          before, which is a worker that joins, it asks for weights
/// promise  what happens is a function of the calls and of `simulated`
/// cost     of an occurrence: a logarithm of the number of workers
class virtual_workers {
 public:
  enum class event { pushes, pulls, crashes };
  struct occurrence {
    int worker;
    event what;
    bool loses_gradient = false;  // that it computed or sent when it crashed
  };
  struct bytes {
    std::int64_t push, request, weights;
  };

  virtual_workers(simulated const& described, bytes sizes)
      : described_(described),
        sizes_(sizes),
        network_(described.network()),
        workers_(static_cast<std::size_t>(described.workers)) {
    described.check();
    expects(described.order == sending::in_parallel,
            "virtual_workers: order is set, and it is for messages between workers: here all go to a server");
    expects(described.average == all_reduce::none,
            "virtual_workers: average is an all-reduce, and this server averages nothing: it applies what comes");
    for (straggler const& s : described.stragglers) at(s.worker).factor *= s.factor;
    for (absence const& a : described.absences) (a.kind == outage::pause ? pauses_ : crashes_).push_back(a);
    for (auto* const all : {&pauses_, &crashes_})
      std::ranges::sort(*all, [](absence const& a, absence const& b) {
        return std::pair(a.worker, a.from) < std::pair(b.worker, b.from);
      });
    for (absence const& a : crashes_) {
      if (a.from > 0) ring(a.from, a.worker, tag::crashes);
      if (a.until < forever) ring(std::max(a.until, 0.0), a.worker, tag::returns);
    }
    for (int m = 0; m < described.workers; ++m)
      if (!is_crashed(m, 0)) compute(m, 0);
  }

  bool is_there(int worker) const { return at(worker).now != stage::gone; }
  /// What the server learns of next, and crashes, which it does not; nothing if all are away for ever.
  std::optional<occurrence> next() {
    while (auto const o = network_.next()) {
      auto const [what, m, life] = unpacked(o->what.tag);
      worker_state& w = at(m);
      double const now = o->time;
      if (what == tag::crashes) {
        if (w.now == stage::gone) continue;
        bool const loses = w.now == stage::computes || w.now == stage::pushes;
        if (w.now != stage::computes) w.waited += present(m, w.since, now);
        ++w.life;
        w.now = stage::gone;
        return occurrence{m, event::crashes, loses};
      }
      if (what == tag::returns) {
        if (w.now == stage::gone && !is_crashed(m, now)) turn_to_server(m, now, stage::pulls);
        continue;
      }
      if (life != w.life) continue;  // what it had to do with before it crashed
      if (what == tag::computed) {
        turn_to_server(m, now, stage::pushes);
      } else if (what == tag::answer) {
        w.waited += present(m, w.since, now);
        compute(m, now);
      } else {
        return occurrence{m, what == tag::push ? event::pushes : event::pulls};
      }
    }
    return std::nullopt;
  }
  /// The weights for the next gradient of a worker that has just pushed or pulled, whose number that is.
  void answer(int worker, std::int64_t gradient) {
    at(worker).gradient = gradient;
    at(worker).now = stage::pulls;
    network_.send(network_.now(), {network_.server(), worker, sizes_.weights, packed(tag::answer, worker)});
  }

  /// `seconds` is when the latest occurrence was.
  virtual_time report() const {
    virtual_time t;
    t.seconds = network_.now();
    for (worker_state const& w : workers_) t.waiting.push_back(w.waited);
    t.links.assign(network_.traffic().begin(), network_.traffic().end());
    return t;
  }
  std::int64_t wire_bytes() const {
    std::int64_t sum = 0;
    for (link_traffic const& t : network_.traffic()) sum += t.bytes;
    return sum;
  }
  /// All that determines the future, between two calls of next, and its return.
  std::vector<double> state() const {
    std::vector<double> s;
    for (worker_state const& w : workers_)
      s.insert(s.end(), {static_cast<double>(w.now), static_cast<double>(w.life), static_cast<double>(w.gradient),
                         w.since, w.waited});
    network_.save(s);
    return s;
  }
  void set_state(std::span<double const> s) {
    for (worker_state& w : workers_) {
      w.now = static_cast<stage>(static_cast<int>(s[0]));
      w.life = static_cast<std::int64_t>(s[1]);
      w.gradient = static_cast<std::int64_t>(s[2]);
      w.since = s[3];
      w.waited = s[4];
      s = s.subspan(5);
    }
    network_.load(s);
  }

 private:
  static constexpr double forever = std::numeric_limits<double>::max();
  enum class stage { gone, pulls, computes, pushes };
  enum class tag { request, push, answer, computed, crashes, returns };
  struct worker_state {
    stage now = stage::gone;
    std::int64_t life = 0;      // it crashed so often
    std::int64_t gradient = 1;  // the number of the one that it computes next
    double since = 0, waited = 0, factor = 1;
  };

  worker_state& at(int m) { return workers_[static_cast<std::size_t>(m)]; }
  worker_state const& at(int m) const { return workers_[static_cast<std::size_t>(m)]; }
  std::int64_t packed(tag what, int m) const {
    return at(m).life << 27 | static_cast<std::int64_t>(what) << 24 | std::int64_t{m};
  }
  struct parts {
    tag what;
    int worker;
    std::int64_t life;
  };
  static parts unpacked(std::int64_t t) {
    return {static_cast<tag>(t >> 24 & 7), static_cast<int>(t & 0xFFFFFF), t >> 27};
  }
  void ring(double time, int m, tag what) { network_.alarm(time, packed(what, m)); }

  void compute(int m, double now) {
    worker_state& w = at(m);
    w.now = stage::computes;
    double const seconds = w.factor * described_.compute.seconds(described_.seed, m, w.gradient, 0);
    if (double const done = finished(m, now, seconds); done < forever) ring(done, m, tag::computed);
  }
  void turn_to_server(int m, double now, stage to) {
    worker_state& w = at(m);
    w.now = to;
    w.since = now;
    double const leaves = finished(m, now, 0);
    if (leaves >= forever) return;
    if (to == stage::pushes) network_.send(leaves, {m, network_.server(), sizes_.push, packed(tag::push, m)});
    else network_.send(leaves, {m, network_.server(), sizes_.request, packed(tag::request, m)});
  }

  static auto of(std::vector<absence> const& all, int m) {
    return std::ranges::equal_range(all, m, {}, &absence::worker);
  }
  bool is_crashed(int m, double now) const {
    return std::ranges::any_of(of(crashes_, m), [&](absence const& a) { return a.from <= now && now < a.until; });
  }
  /// When a worker that begins now has been there for so many seconds.
  double finished(int m, double now, double seconds) const {
    for (absence const& a : of(pauses_, m)) {
      if (a.until <= now) continue;
      if (a.from > now && a.from >= now + seconds) break;
      seconds -= std::max(a.from - now, 0.0);
      now = a.until;
    }
    return now + seconds;
  }
  /// For how many seconds in between it was there.
  double present(int m, double from, double until) const {
    double sum = 0;
    for (absence const& a : of(pauses_, m)) {
      if (a.until <= from) continue;
      if (a.from >= until) break;
      sum += std::max(a.from - from, 0.0);
      from = a.until;
    }
    return sum + std::max(until - from, 0.0);
  }

  simulated described_;
  bytes sizes_;
  virtual_network network_;
  std::vector<worker_state> workers_;
  std::vector<absence> pauses_, crashes_;  // by worker, and of one worker by time
};

SADDLE_NAMESPACE_END
