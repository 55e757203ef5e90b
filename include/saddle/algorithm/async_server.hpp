#pragma once
#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/algorithm/async_letters.hpp"
#include "saddle/algorithm/async_settings.hpp"
#include "saddle/algorithm/async_workers.hpp"
#include "saddle/algorithm/outstanding_pulls.hpp"
#include "saddle/algorithm/push_channel.hpp"
#include "saddle/algorithm/push_order.hpp"
#include "saddle/algorithm/staleness.hpp"
#include "saddle/algorithm/workers_of_server.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/run/checkpoint.hpp"
#include "saddle/run/grouping.hpp"
#include "saddle/run/report.hpp"
#include "saddle/run/run_steps.hpp"
#include "saddle/train/arguments.hpp"
#include "saddle/train/driver_base.hpp"
#include "saddle/transport/concept.hpp"
#include "saddle/transport/virtual_workers.hpp"

SADDLE_NAMESPACE_BEGIN

/// Of arguments that are no asynchronous server: says which one is wrong.
template <class P, class Settings, class Executor, bool Distributed = true>
class async_server {
  static_assert(!detail::is_number_of_arguments<P>,
                "async_server{problem, async_settings{...}, transport, executor}: another number of arguments, or no "
                "transport");
  static_assert(detail::is_number_of_arguments<P> || problem<P>,
                "the 1st argument of async_server must be a problem: it has `using scalar`, `sizes()`, "
                "`initial(seed, w)` and `gradient(at, sample, out)`, all of them const");
  static_assert(detail::is_number_of_arguments<P> || names_policies_of_async_server<Settings>,
                "the 2nd argument of async_server must be async_settings{...} or adacomp_sgd(...)");
  static_assert(detail::is_number_of_arguments<P> || runs_in_host_memory<Executor>,
                "the 4th argument of async_server must be an executor in the host's memory: cpu{}");

 public:
  template <class... A>
  async_server(A const&...) {}
};

/// Asynchronous SGD, or descent ascent, on a parameter server that waits for nobody.
///
/// worker    pulls the weights, takes a gradient on a batch of its own, compresses it, pushes it, and when the server
///           answers with new weights begins again
/// step      one push that the server applies, w_k -= alpha_k F_k for the coordinates k that it received, where the
///           rule of staleness makes alpha_k of the step size and of the updates since that worker's pull. Of a
///           compressor that sends pairs (index, value) the server receives these, zeros too; of any other all
///           coordinates, a quantized zero too: those that `add` adds anything to
/// momentum  is not offered: what a rule of staleness scales is one push's step, and a momentum would go on with steps
///           that it has scaled at coordinates that nobody pushed. Asynchrony acts as one (Mitliagkas et al. 2016)
/// loopback  the workers take turns, all having begun with the same weights: M workers' pushes are M - 1 stale. As on a
///           network without latencies where all gradients take the same time
/// simulated see virtual_workers; a pause and a crash are what `absence` says. A worker that crashes loses its error
///           memory too. What was pulled and is not pushed costs memory: the weights until the gradient is taken, then
///           the message, and what update_log says of it; with max_staleness until it is too old
/// processes rank 0 is the server and has no workers, the others have all of them; on one rank they take turns. The
///           server takes the pushes as they come, and a rank takes all gradients that are due together. Who is silent
///           for longer than the transport's deadline is left behind: nobody waits for it, and when it comes it is as
///           stale as it is. The order is recorded and replayed if asked for; a replay gives the same weights on one
///           process, unless the run was loaded on several. run(n), the same on all ranks, ends when the others have
///           heard of it: pushes that came meanwhile are kept for the next one. on_report is called on rank 0
/// state     memory(m) is a worker's, weights() are the server's. All drivers name it so
/// refused   pushes leave the weights alone. What they said is owed again under error feedback, and else dropped
/// not finite a bucket of a gradient or of the weights that would not be finite is left out and reported
/// promise   threads change no bit; `load` continues as if the run had never stopped
/// cost      of a step does not depend on the number of workers but for a logarithm of it. Gradients that are due are
///           taken together, by all threads
/// compiled  without what only several processes need where the transport has none
/// errors    std::invalid_argument, bad_checkpoint, bad_message; transport_error where nobody will ever push again, or
///           all have been silent for longer than the deadline
/// source    Dean et al.: Large Scale Distributed Deep Networks. NIPS 2012; AdaComp: see adacomp_sgd
template <problem P, names_policies_of_async_server Settings, runs_in_host_memory Executor, bool Distributed>
class async_server<P, Settings, Executor, Distributed> : driver_base<async_report> {
  using T = typename P::scalar;
  using engine = typename Executor::engine;
  template <class U>
  using array = typename engine::template array<U>;
  using Compressor = decltype(Settings::compressor);
  using Staleness = decltype(Settings::staleness);
  using Channel = push_channel<T, Compressor, Executor>;
  using Workers = workers_of_server<P, Compressor, Executor, Distributed>;
  using event = virtual_workers::event;
  static constexpr bool counts_coordinates = Staleness::counts == staleness::counted::coordinates;
  using Pulls = outstanding_pulls<counts_coordinates>;

 public:
  template <transport Tr>
  async_server(P of, Settings how, Tr const& connection, Executor const& where)
      : driver_base(connection.connect()),
        how_(checked(std::move(how), of, *link_)),
        engine_(where),
        channel_(how_.compressor, of.sizes(), saddle::tensors_of(of, how_.grouping, "async_server"), how_.min_box,
                 how_.max_box, how_.seed),
        workers_(std::move(of), *link_, channel_, engine_, how_.seed),
        pulls_(channel_.padded(), sizes().size(), workers(), is_server(), how_.max_staleness),
        weights_(channel_.padded()),
        order_(how_.record, how_.replay, workers()) {
    expects(link_->model() == nullptr || std::same_as<Tr, simulated>,
            "async_server: of the transports that model time it knows `simulated`");
    expects(link_->is_local() || sizeof(letter_head) + weights_.size() * sizeof(T) <= std::size_t{1} << 30,
            "async_server: between processes weights are one letter, of at most 2^30 bytes");
    workers_.initial(channel_.split(weights_.data()));
    channel_.clamp(weights_.data());
    if constexpr (std::same_as<Tr, simulated>)
      workers_.follow(connection, {channel_.size().total, sizeof(message_header), weights_size().total});
    agree("async_server", description() + " " + workers_.identity(), std::span<T const>(weights_));
    for (int m = 0; m < workers(); ++m) {
      if (!workers_.is_there(m)) continue;
      if (is_server()) pulls_.note(m, 0);
      workers_.begin(m, weights_);
    }
    workers_.open();
  }

  void step() { run(1); }
  /// n steps; on_report(report) after each, where it is given. It may return false to stop early.
  template <class OnReport>
  void run(std::int64_t n, OnReport on_report) {
    serve(n, [&] { return saddle::goes_on(on_report, report()); });
  }
  void run(std::int64_t n) {
    serve(n, [] { return true; });
  }

  async_report report() const {
    async_report r = report_now();
    r.mean_staleness = r.step > 0 ? static_cast<double>(r.staleness_sum) / static_cast<double>(r.step) : 0;
    r.staleness_bytes = Staleness::counts == staleness::counted::nothing ? 0 : pulls_.bytes();
    workers_.complete(r);
    r.details = description();
    return r;
  }
  using driver_base::workers;
  bool is_server() const { return link_->rank() == 0; }
  players sizes() const { return channel_.layout().sizes; }
  /// The server's. They change with the next step.
  point<T const> weights() const {
    expects(is_server(), "async_server: the weights are on rank 0");
    return channel_.split(weights_.data());
  }
  /// What error feedback of a worker that is here owes, the gradient that is due included; empty spans without error
  /// feedback.
  point<T const> memory(int worker) const {
    expects(workers_.hosts(worker), "async_server: there is no such worker here");
    std::span<T const> const owed = workers_.memory(worker);
    if (owed.empty()) return {};
    return channel_.split(owed.data());
  }
  /// A checksum of the server's weights.
  std::uint64_t digest() const {
    checksum sum;
    for (int p = 0; p < 2; ++p) sum.add(weights().of(p));
    return sum.value();
  }

  /// Writes everything that determines the future of the run, on one process; see checkpoint_writer. Gradients that are
  /// due are taken before, which changes nothing. Of several processes rank 0 writes what the server has, and the
  /// others nothing.
  void save(std::string const& path) {
    if (!is_server()) return;
    workers_.take();
    checkpoint_writer out(path);
    save_head(out, description(), workers_.identity(), report_);
    out.add(std::string("w"));
    out.add(std::span<T const>(weights_));
    pulls_.save(out, counts_coordinates && link_->is_local());
    workers_.save(out);
    order_.sync();
    out.commit();
  }
  /// Continues the run that was saved, as if it had never stopped. On an error nothing has changed. On several
  /// processes, all of which call it, the server continues where it was, and all workers pull anew: what they were at
  /// and what they owed is lost, a gradient of each being counted.
  void load(std::string const& path) {
    async_counters then;
    std::vector<T> w;
    std::optional<Pulls> pulls;
    typename Workers::saved theirs;
    together().on_first([&] {
      checkpoint_reader in(path);
      then = saved_head(in, description(), workers_.identity());
      in.expect_array("w");
      w = in.template get_all<T>();
      if (w.size() != weights_.size()) in.fail("an array has another size");
      pulls = pulls_.saved_in(in, counts_coordinates && link_->is_local());
      theirs = workers_.saved_in(in);
      in.expect_end();
    });
    if (!is_server()) return workers_.forget_all();

    if (!link_->is_local()) pulls->count_on_from(pulls_);
    std::ranges::copy(w, weights_.begin());
    pulls_ = std::move(*pulls);
    count_from(then);
    if (link_->is_local()) return workers_.set(theirs);
    workers_.forget_all();
    for (int m = 0; m < workers(); ++m) give(m, false);
    report_.lost += workers();
  }

 private:
  /// Before anything is allocated.
  static Settings checked(Settings how, P const& of, communicator& between) {
    players const sizes = of.sizes();
    expects(sizes.min >= 0 && sizes.max >= 0 && sizes.size() > 0, "async_server: the problem has no coordinates");
    expects(sizes.size() < std::int64_t{1} << 31, "async_server: there are less than 2^31 coordinates");
    if constexpr (requires { of.workers(); })
      expects(between.workers() <= of.workers(), [&] {
        return "async_server: " + std::to_string(between.workers()) + " workers, but the problem has data for " +
               std::to_string(of.workers());
      });
    how.check(sizes);
    expects(between.model() == nullptr || how.replay.empty(),
            "async_server: an order is replayed without a model of time, which has its own");
    return how;
  }

  /// The server's answer: all weights.
  message_bytes weights_size() const {
    auto const payload = static_cast<std::int64_t>(sizeof(T)) * sizes().size();
    return {static_cast<std::int64_t>(sizeof(message_header)) + payload, payload};
  }

  /// On other ranks until the server has done so.
  template <class GoesOn>
  void serve(std::int64_t n, GoesOn const& goes_on) {
    if (!is_server()) return workers_.work();
    workers_.resume();
    for (bool more = true; more && n > 0; --n) {
      take_one();
      more = goes_on();
    }
    workers_.stop();
    order_.flush();
  }
  /// One push that is applied, and what comes before it.
  void take_one() {
    auto const start = std::chrono::steady_clock::now();
    report_.refused_workers.clear();
    for (bool applied = false; !applied;) {
      virtual_workers::occurrence const now = workers_.next(order_.at(report_.turn), report_);
      if (now.what == event::crashes) {
        workers_.forget(now.worker);
        report_.lost += now.loses_gradient;
        continue;
      }
      bool const is_push = now.what == event::pushes;
      if (is_push) applied = receive(now.worker);
      ++report_.pulls;
      report_.downlink += weights_size();
      give(now.worker, is_push && !applied);
    }
    ++report_.steps_executed;
    report_.seconds += seconds_since(start);
  }
  /// New weights for a worker's next gradient.
  void give(int m, bool refused) {
    pulls_.note(m, report_.step);
    workers_.answer(m, pulls_.number(m), weights_, refused);
  }
  /// True if the push was applied.
  bool receive(int m) {
    async_push const p = workers_.pushed(m);
    order_.note(report_.turn++, m);
    report_.uplink += channel_.size();
    std::int64_t const age = report_.step - pulls_.step(m);
    bool const is_fresh = !how_.max_staleness || age <= *how_.max_staleness;
    if (is_fresh) {
      apply(m, p, age);
    } else {
      ++report_.refused;
      report_.refused_workers.push_back(m);
    }
    return is_fresh;
  }
  void apply(int m, async_push const& p, std::int64_t age) {
    double const alpha = how_.step_size(++report_.step);
    std::int64_t const overflown =
        channel_.apply(engine_, how_.staleness,
                       {{alpha, alpha * how_.max_factor}, age, pulls_.updates_since(m), weights_.data(),
                        pulls_.touched()},
                       p.message, m, p.number);
    pulls_.note_update(report_.step);
    report_.worker = m;
    report_.staleness_sum += age;
    report_.largest_staleness = std::max(report_.largest_staleness, age);
    if (std::int64_t const lowest = std::min(p.non_finite, overflown); lowest != no_coordinate) {
      report_.non_finite = non_finite_at(channel_.layout(), report_.step, m, lowest);
      ++report_.skipped_steps;
    }
  }
  std::string description() const {
    auto const text = [](auto number) { return std::to_string(number); };
    players const d = sizes();
    return "async-server " + Compressor::name() + " staleness=" + Staleness::name() + " workers=" + text(workers()) +
           " coordinates=" + text(d.min) + "+" + text(d.max) + " scalar=" + text(sizeof(T)) +
           " seed=" + text(how_.seed) + channel_.details() +
           (how_.max_staleness ? " max-staleness=" + text(*how_.max_staleness) : "") +
           (how_.problem.empty() ? "" : " problem=" + how_.problem) + (link_->is_local() ? "" : " workers-elsewhere") +
           model_name();
  }

  Settings how_;
  engine engine_;
  Channel channel_;
  Workers workers_;
  Pulls pulls_;
  array<T> weights_;
  push_order order_;
};

template <class P, class Settings, transport Tr, class Executor>
async_server(P, Settings, Tr, Executor) -> async_server<P, Settings, Executor, !always_local<Tr>>;
template <class... A>
async_server(A...) -> async_server<detail::number_of_arguments<sizeof...(A)>, void, void>;

SADDLE_NAMESPACE_END
