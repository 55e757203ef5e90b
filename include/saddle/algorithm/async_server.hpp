#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/algorithm/push_channel.hpp"
#include "saddle/algorithm/staleness.hpp"
#include "saddle/algorithm/update_log.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/optimizer/schedule.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/train/checkpoint.hpp"
#include "saddle/train/grouping.hpp"
#include "saddle/train/report.hpp"
#include "saddle/train/run_steps.hpp"
#include "saddle/transport/concept.hpp"
#include "saddle/transport/virtual_workers.hpp"

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
  std::string problem{};  // a name for it; a checkpoint of another one is refused
};

struct async_report {
  std::int64_t step = 0;            // pushes that the server has applied
  std::int64_t steps_executed = 0;  // by this process, since it was started or loaded
  std::int64_t refused = 0;         // pushes that were too stale
  std::int64_t lost = 0;            // gradients of workers that crashed before the server had them
  std::int64_t pulls = 0;           // answers of the server
  int worker = 0;                   // whose push was applied last
  double mean_staleness = 0;        // of the pushes that were applied: how many others were, since the pull
  std::int64_t largest_staleness = 0;
  message_bytes uplink, downlink;   // of pushes that the server got; of weights that it sent, as they are
  std::int64_t wire_bytes = 0;      // on the modelled links: requests, and what crashed workers sent, too
  double seconds = 0;               // in step()
  std::optional<virtual_time> simulated;  // where the transport models time
  std::int64_t skipped_steps = 0;   // in which some coordinate was not finite, and its bucket left out
  std::optional<non_finite_coordinate> non_finite;  // the latest
  std::int64_t staleness_bytes = 0; // that the rule of staleness needs now to count
  std::string details;              // all policies and numbers that decide what is sent
};

/// Asynchronous SGD, or descent ascent, on a parameter server that waits for nobody.
///
/// worker    pulls the weights, takes a gradient on a batch of its own, compresses it, pushes it, and when the server
///           answers with new weights begins again
/// step      one push that the server applies, w_k -= alpha_k F_k for the coordinates k that it received, where the rule
///           of staleness makes alpha_k of the step size and of the updates since that worker's pull. Of a compressor
///           that sends pairs (index, value) the server receives these, zeros too; of any other all coordinates, a
///           quantized zero too: those that `add` adds anything to
/// momentum  is not offered: what a rule of staleness scales is one push's step, and a momentum would go on with steps
///           that it has scaled at coordinates that nobody pushed. Asynchrony acts as one (Mitliagkas et al. 2016)
/// loopback  the workers take turns, all having begun with the same weights: M workers' pushes are M - 1 stale. As on a
///           network without latencies where all gradients take the same time
/// simulated see virtual_workers; a pause and a crash are what `absence` says. A worker that crashes loses its error
///           memory too. What was pulled and is not pushed costs memory: the weights until the gradient is taken, then
///           the message, and what update_log says of it; with max_staleness until it is too old
/// refused   pushes leave the weights alone. What they said is owed again under error feedback, and else dropped
/// not finite a bucket of a gradient or of the weights that would not be finite is left out and reported
/// promise   threads change no bit; `load` continues as if the run had never stopped
/// cost      of a step does not depend on the number of workers but for a logarithm of it. Gradients that are due are
///           taken together, by all threads
/// errors    std::invalid_argument, bad_checkpoint; transport_error where nobody will ever push again
/// source    Dean et al.: Large Scale Distributed Deep Networks. NIPS 2012; AdaComp: see adacomp_sgd
template <problem P, class Settings, runs_in_host_memory Executor>
class async_server {
  using T = typename P::scalar;
  using engine = typename Executor::engine;
  template <class U>
  using array = typename engine::template array<U>;
  using Compressor = decltype(Settings::compressor);
  using Staleness = decltype(Settings::staleness);
  using Channel = push_channel<T, Compressor, Executor>;
  using event = virtual_workers::event;
  static constexpr bool counts_coordinates = Staleness::counts == staleness::counted::coordinates;

 public:
  template <transport Tr>
  async_server(P of, Settings how, Tr const& connection, Executor const& where)
      : link_(connection.connect()),
        how_(checked(std::move(how), of, *link_)),
        problem_(std::move(of)),
        engine_(where),
        channel_(how_.compressor, problem_.sizes(), tensors_of(problem_, how_.grouping, "async_server"), how_.min_box,
                 how_.max_box, how_.seed),
        log_(static_cast<std::int64_t>(channel_.padded()), problem_.sizes().size(), counts_coordinates ? workers() : 0),
        weights_(channel_.padded()),
        workers_(static_cast<std::size_t>(workers())) {
    expects(link_->model() == nullptr || std::same_as<Tr, simulated>,
            "async_server: of the transports that model time it knows `simulated`");
    problem_.initial(how_.seed, split(weights_.data()));
    channel_.clamp(weights_.data());
    if constexpr (counts_coordinates) {
      updates_.resize(channel_.padded());
      touched_.resize(channel_.padded());
    }
    if constexpr (std::same_as<Tr, simulated>)
      virtual_.emplace(connection,
                       virtual_workers::bytes{channel_.size().total, sizeof(message_header), weights_size().total});
    for (int m = 0; m < workers(); ++m) {
      if constexpr (has_memory<Compressor>) at(m).memory.resize(channel_.padded());
      if (!virtual_ || virtual_->is_there(m)) pull(m);
    }
  }

  void step() {
    auto const start = std::chrono::steady_clock::now();
    for (bool applied = false; !applied;) {
      virtual_workers::occurrence const now = next();
      if (now.what == event::crashes) {
        crash(now.worker);
        report_.lost += now.loses_gradient;
        continue;
      }
      if (now.what == event::pushes) applied = receive(now.worker);
      pull(now.worker);
      ++report_.pulls;
      report_.downlink += weights_size();
      if (virtual_) virtual_->answer(now.worker, at(now.worker).gradient);
    }
    ++report_.steps_executed;
    report_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  /// n steps; on_report(report) after each, where it is given. It may return false to stop early.
  template <class OnReport>
  void run(std::int64_t n, OnReport on_report) {
    run_steps(*this, n, on_report);
  }
  void run(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) step();
  }

  async_report report() const {
    async_report r = report_;
    r.mean_staleness = r.step > 0 ? static_cast<double>(staleness_sum_) / static_cast<double>(r.step) : 0;
    r.staleness_bytes = staleness_bytes();
    r.wire_bytes = virtual_ ? virtual_->wire_bytes() : 0;
    if (virtual_) r.simulated = virtual_->report();
    r.details = description();
    return r;
  }
  int workers() const { return link_->workers(); }
  players sizes() const { return problem_.sizes(); }
  /// The server's. They change with the next step.
  point<T const> weights() const { return split(weights_.data()); }
  /// What error feedback of a worker owes, the gradient that is due included; empty spans without error feedback.
  point<T const> memory(int worker) {
    expects(worker >= 0 && worker < workers(), "async_server: there is no such worker");
    take_gradients();
    if (at(worker).memory.empty()) return {};
    return split(static_cast<T const*>(at(worker).memory.data()));
  }
  /// A checksum of the server's weights.
  std::uint64_t digest() const {
    checksum sum;
    for (int p = 0; p < 2; ++p) sum.add(weights().of(p));
    return sum.value();
  }

  /// Writes everything that determines the future of the run; see checkpoint_writer. Gradients that are due are taken
  /// before, which changes nothing.
  void save(std::string const& path) {
    take_gradients();
    checkpoint_writer out(path);
    out.add(description());
    out.add(counters());
    out.add(std::span<T const>(weights_));
    log_.save(out);
    std::vector<double> const time = virtual_ ? virtual_->state() : std::vector<double>{};
    out.add(std::span<double const>(time));
    for (worker const& w : workers_) {
      out.add(static_cast<progress const&>(w));
      out.add(std::span<T const>(w.memory));
      out.add(std::span<std::byte const>(w.message).first(w.has == held::message ? channel_.planes_size() : 0));
    }
    out.commit();
  }
  /// Continues the run that was saved, as if it had never stopped. On an error nothing has changed.
  void load(std::string const& path) {
    checkpoint_reader in(path);
    in.expect_run(description());
    auto const then = in.template get<counted>();
    auto const expect = [&](std::size_t n, std::size_t expected) {
      if (n != expected) in.fail("an array has another size");
    };
    std::vector<T> const w = in.template get_all<T>();
    expect(w.size(), weights_.size());
    update_log log = log_.saved_in(in);
    std::vector<double> const time = in.template get_all<double>();
    std::vector<worker> all(workers_.size());
    for (std::size_t m = 0; m < all.size(); ++m) {
      static_cast<progress&>(all[m]) = in.template get<progress>();
      auto const memory = in.template get_all<T>();
      auto const message = in.template get_all<std::byte>();
      expect(memory.size(), workers_[m].memory.size());
      expect(message.size(), all[m].has == held::message ? channel_.planes_size() : 0);
      all[m].memory.assign(memory.begin(), memory.end());
      all[m].message.assign(message.begin(), message.end());
    }
    in.expect_end();

    std::ranges::copy(w, weights_.begin());
    log_ = std::move(log);
    if (virtual_) virtual_->set_state(time);
    workers_ = std::move(all);
    due_.clear();
    turn_ = then.turn;
    staleness_sum_ = then.staleness_sum;
    double const seconds = report_.seconds;
    report_ = {};
    report_.seconds = seconds;
    report_.step = then.step;
    report_.refused = then.refused;
    report_.lost = then.lost;
    report_.pulls = then.pulls;
    report_.largest_staleness = then.largest_staleness;
    report_.skipped_steps = then.skipped_steps;
    report_.uplink = then.uplink;
    report_.downlink = then.downlink;
    sort_by_age();
  }

 private:
  /// What a worker has of its latest pull.
  enum class held : std::int64_t { nothing, weights, message };
  struct progress {
    std::int64_t gradient = 0;  // its number, from 1 on
    std::int64_t pulled = 0;    // the server's steps then
    std::int64_t non_finite = none;
    held has = held::nothing;
  };
  struct worker : progress {
    array<T> weights{}, memory{};
    array<std::byte> message{};
  };
  struct counted {
    std::int64_t step, refused, lost, pulls, staleness_sum, largest_staleness, skipped_steps, turn;
    message_bytes uplink, downlink;
  };
  counted counters() const {
    return {report_.step,          report_.refused,           report_.lost,          report_.pulls,
            staleness_sum_,        report_.largest_staleness, report_.skipped_steps, turn_,
            report_.uplink,        report_.downlink};
  }

  /// Before anything is allocated.
  static Settings checked(Settings how, P const& of, link const& between) {
    players const sizes = of.sizes();
    expects(sizes.min >= 0 && sizes.max >= 0 && sizes.size() > 0, "async_server: the problem has no coordinates");
    expects(sizes.size() < std::int64_t{1} << 31, "async_server: there are less than 2^31 coordinates");
    expects(between.is_local(), "async_server: all workers are in one process");
    if constexpr (requires { of.workers(); })
      expects(between.workers() <= of.workers(), [&] {
        return "async_server: " + std::to_string(between.workers()) + " workers, but the problem has data for " +
               std::to_string(of.workers());
      });
    expects(!how.max_staleness || *how.max_staleness >= 0, "async_server: the largest staleness is not negative");
    expects(std::isfinite(how.max_factor), "async_server: the maximizing player's step size is finite");
    expects(how.min_box.lo <= how.min_box.hi && how.max_box.lo <= how.max_box.hi, "async_server: a box has lo <= hi");
    return how;
  }

  worker& at(int m) { return workers_[static_cast<std::size_t>(m)]; }
  template <class U>
  point<U> split(U* a) const {
    bucket_layout const all = channel_.layout();
    return {{a, static_cast<std::size_t>(all.sizes.min)},
            {a + all.begin_of(1), static_cast<std::size_t>(all.sizes.max)}};
  }
  /// The server's answer: all weights.
  message_bytes weights_size() const {
    auto const payload = static_cast<std::int64_t>(sizeof(T)) * sizes().size();
    return {static_cast<std::int64_t>(sizeof(message_header)) + payload, payload};
  }

  virtual_workers::occurrence next() {
    if (!virtual_) return {static_cast<int>(turn_++ % workers()), event::pushes};
    if (auto const now = virtual_->next()) return *now;
    throw transport_error("async_server: after step " + std::to_string(report_.step) +
                          " all workers are away for ever");
  }
  void pull(int m) {
    worker& w = at(m);
    if (w.weights.empty() && !spare_.empty()) {
      w.weights = std::move(spare_.back());
      spare_.pop_back();
    }
    w.weights.assign(weights_.begin(), weights_.end());
    w.has = held::weights;
    w.pulled = report_.step;
    ++w.gradient;
    due_.push_back(m);
    if constexpr (counts_coordinates) {
      log_.pull(m);
      if (how_.max_staleness) ages_.emplace_back(w.pulled, m);
    }
  }
  void crash(int m) {
    worker& w = at(m);
    std::erase(due_, m);
    w.has = held::nothing;
    std::ranges::fill(w.memory, T(0));
  }
  /// True if the push was applied.
  bool receive(int m) {
    worker& w = at(m);
    if (w.has == held::weights) take_gradients();
    report_.uplink += channel_.size();
    std::int64_t const age = report_.step - w.pulled;
    bool const is_fresh = !how_.max_staleness || age <= *how_.max_staleness;
    if (is_fresh) {
      apply(m, age);
    } else {
      ++report_.refused;
      if constexpr (has_memory<Compressor>) channel_.restore(engine_, w.memory.data(), w.message.data(), m, w.gradient);
    }
    w.has = held::nothing;
    return is_fresh;
  }
  void apply(int m, std::int64_t age) {
    worker& w = at(m);
    double const alpha = how_.step_size(++report_.step);
    if constexpr (counts_coordinates) log_.count(m, updates_);
    std::int64_t const overflown =
        channel_.apply(engine_, how_.staleness,
                       {{alpha, alpha * how_.max_factor}, age, updates_.data(), weights_.data(), touched_.data()},
                       w.message.data(), m, w.gradient);
    if constexpr (counts_coordinates) {
      log_.add(touched_);
      for (; !ages_.empty() && report_.step - ages_.front().first > *how_.max_staleness; ages_.pop_front())
        if (at(ages_.front().second).pulled == ages_.front().first) log_.end(ages_.front().second);
    }
    report_.worker = m;
    staleness_sum_ += age;
    report_.largest_staleness = std::max(report_.largest_staleness, age);
    if (std::int64_t const lowest = std::min(w.non_finite, overflown); lowest != none) {
      std::int64_t const second = channel_.layout().begin_of(1);
      bool const is_max = lowest >= second;
      report_.non_finite = {report_.step, m, is_max ? player::max : player::min, lowest - (is_max ? second : 0)};
      ++report_.skipped_steps;
    }
  }

  /// All that are due: each is a function of its worker's pull, so that it does not matter when.
  void take_gradients() {
    constexpr std::size_t at_once = 32;
    for (std::size_t done = 0, n = 0; done < due_.size(); done += n) {
      n = std::min(at_once, due_.size() - done);
      while (lanes_.size() < n) lanes_.push_back(std::make_unique<typename Channel::lane>(channel_));
      engine_.each(static_cast<std::int64_t>(n), [&](std::int64_t i) {
        auto const place = static_cast<std::size_t>(i);
        take_gradient(*lanes_[place], due_[done + place]);
      });
      for (std::size_t i = done; i < done + n; ++i) spare_.push_back(std::move(at(due_[i]).weights));
    }
    due_.clear();
  }
  void take_gradient(typename Channel::lane& by, int m) {
    worker& w = at(m);
    point<T const> const where = split(static_cast<T const*>(w.weights.data()));
    point<T> const to = split(by.gradient.data());
    sample const drawn{.seed = how_.seed, .worker = m, .step = w.gradient};
    point<T> theirs;
    if constexpr (has_gradient_buffers<P>) theirs = problem_.gradient_buffers(m);
    bool const has_theirs = !theirs.min.empty() || !theirs.max.empty();
    problem_.gradient(where, drawn, has_theirs ? theirs : to);
    for (int p = 0; p < 2; ++p)
      if (has_theirs) std::ranges::copy(theirs.of(p), to.of(p).begin());
    w.message.resize(channel_.planes_size());
    w.non_finite = channel_.encode(by, has_memory<Compressor> ? w.memory.data() : nullptr, w.message.data(), m,
                                   w.gradient);
    w.has = held::message;
  }

  /// The oldest pulls first.
  void sort_by_age() {
    ages_.clear();
    if (!counts_coordinates || !how_.max_staleness) return;
    for (int m = 0; m < workers(); ++m)
      if (log_.has_pull(m)) ages_.emplace_back(at(m).pulled, m);
    std::ranges::sort(ages_);
  }
  std::int64_t staleness_bytes() const {
    if (Staleness::counts == staleness::counted::nothing) return 0;
    auto const pushes = static_cast<std::int64_t>(workers_.size() * sizeof(std::int64_t));
    return counts_coordinates ? log_.bytes() : pushes;
  }
  std::string description() const {
    auto const text = [](auto number) { return std::to_string(number); };
    players const d = sizes();
    return "async-server " + Compressor::name() + " staleness=" + Staleness::name() + " workers=" + text(workers()) +
           " coordinates=" + text(d.min) + "+" + text(d.max) + " scalar=" + text(sizeof(T)) +
           " seed=" + text(how_.seed) + channel_.details() +
           (how_.max_staleness ? " max-staleness=" + text(*how_.max_staleness) : "") +
           (how_.problem.empty() ? "" : " problem=" + how_.problem) +
           (link_->model() == nullptr ? "" : " " + link_->model()->name());
  }

  std::unique_ptr<link> link_;
  Settings how_;
  P problem_;
  engine engine_;
  Channel channel_;
  update_log log_;
  array<T> weights_;
  std::vector<worker> workers_;
  std::optional<virtual_workers> virtual_;
  std::int64_t turn_ = 0;         // of workers that take turns
  std::int64_t staleness_sum_ = 0;
  std::vector<int> due_;          // workers whose gradients are to be taken
  std::deque<std::pair<std::int64_t, int>> ages_;  // of pulls, while the log has them: the step, and whose
  async_report report_;

  // Kept to reuse their memory.
  std::vector<std::uint32_t> updates_;
  std::vector<std::uint8_t> touched_;
  std::vector<array<T>> spare_;
  std::vector<std::unique_ptr<typename Channel::lane>> lanes_;
};

template <class P, class Settings, class Tr, class Executor>
async_server(P, Settings, Tr, Executor) -> async_server<P, Settings, Executor>;

SADDLE_NAMESPACE_END
