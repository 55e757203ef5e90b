#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/algorithm/attendance.hpp"
#include "saddle/algorithm/discriminator_exchange.hpp"
#include "saddle/algorithm/md_gan_settings.hpp"
#include "saddle/algorithm/served_generator.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/split_gan.hpp"
#include "saddle/run/checkpoint.hpp"
#include "saddle/run/collective.hpp"
#include "saddle/run/placed_arrays.hpp"
#include "saddle/run/report.hpp"
#include "saddle/run/run_steps.hpp"
#include "saddle/train/arguments.hpp"
#include "saddle/train/driver_base.hpp"
#include "saddle/train/message_channel.hpp"
#include "saddle/train/player_copies.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

template <class S>
concept names_policies_of_md_gan = requires(S const s) {
  s.generator, s.discriminator, s.samples, s.feedbacks, s.discriminators;
};

/// Of arguments that are no MD-GAN: says which one is wrong.
template <class P, class Settings, class Executor>
class md_gan {
  static_assert(!detail::is_number_of_arguments<P>,
                "md_gan{pair, md_gan_settings{...}, transport, executor}: another number of arguments, or no transport");
  static_assert(detail::is_number_of_arguments<P> || split_gan<P>,
                "the 1st argument of md_gan must be a split_gan: mlp_gan, acgan or your own generator and discriminator");
  static_assert(detail::is_number_of_arguments<P> || names_policies_of_md_gan<Settings>,
                "the 2nd argument of md_gan must be md_gan_settings{...}");
  static_assert(detail::is_number_of_arguments<P> || runs_in_host_memory<Executor>,
                "the 4th argument of md_gan must be an executor in the host's memory: cpu{}");

 public:
  template <class... A>
  md_gan(A const&...) {}
};

/// MD-GAN: one generator on a server, a discriminator on every worker next to its data. Generated samples go down,
/// derivatives by them come up; now and then the discriminators change places.
///
/// step       the server draws k batches; of the workers that are there number n gets batch n mod k for its feedback
///            and n + 1 mod k to learn from, which are one batch if k = 1 and count twice, as in the paper; L steps of
///            its discriminator on the latter and one real batch; its feedback, by the new discriminator; a step of the
///            generator along the mean over all feedbacks that came. Those on one batch are added up and go back
///            through the generator together: k passes, not one a worker
/// exchange   every so many steps, after the feedback: along a random cyclic order, so that nobody keeps its own
/// mean       each feedback is a mean over its batch already: the paper's 1/(N b) would count that twice. Whoever has
///            left is in no mean; a step without workers moves nothing
/// processes  rank 0 is the server, and has workers like the others; a batch goes to each rank once
/// not finite a bucket of a message or a player that would not be finite is left out and reported; the rest goes on
/// promise    neither threads nor processes change a bit; `load` continues as if the run had never stopped
/// state      what a worker has is read with its number, discriminator_weights(n), memory(n); what the server has
///            without one, generator_weights(). All drivers name it so
/// errors     std::invalid_argument, bad_checkpoint, transport_error, bad_message
/// source     Hardy, Le Merrer, Sericola: MD-GAN: Multi-Discriminator Generative Adversarial Networks for Distributed
///            Datasets. IPDPS 2019
template <split_gan P, names_policies_of_md_gan Settings, runs_in_host_memory Executor>
class md_gan<P, Settings, Executor> : public driver_base<md_gan_report> {
  using T = typename P::scalar;
  using engine = typename Executor::engine;
  template <class U>
  using array = typename engine::template array<U>;
  using Generator = decltype(Settings::generator);
  using Discriminator = decltype(Settings::discriminator);
  using Samples = decltype(Settings::samples);
  using Feedbacks = decltype(Settings::feedbacks);
  using Discriminators = decltype(Settings::discriminators);
  using Copies = player_copies<T, Discriminator, engine>;
  static_assert(can_be_paced<Discriminator>,
                "md_gan: the discriminator's optimizer needs paced(n): itself, with schedules that advance once in n of "
                "its steps");
  static_assert(is_unbiased<wire_compressor<Feedbacks>> || accepts_bias<Feedbacks>,
                "a biased compressor of feedbacks moves where the generator ends, with error_feedback too: what is "
                "owed to one generated sample is paid to another. Use an unbiased one, or say with_bias<...>");

 public:
  template <transport Tr>
  md_gan(P pair, Settings how, Tr const& connection, Executor const& where)
      : driver_base(connection.connect()),
        how_(checked(std::move(how), pair, workers())),
        pair_(std::move(pair)),
        identity_(identity_of(pair_)),
        engine_(where),
        discriminators_(engine_, how_.discriminator.paced(how_.discriminator_steps), pair_.sizes().max,
                        hosted_workers(), how_.discriminator_box),
        samples_(how_.samples, batch_values(), 0, how_.seed),
        feedbacks_(how_.feedbacks, batch_values(), hosted_workers(), how_.seed),
        exchange_(how_.discriminators, discriminators_, how_.state, how_.seed),
        generator_(engine_, how_.generator, pair_, how_.generator_box, is_server(), how_.batches, samples_.padded()) {
    expects(link_->model() == nullptr || how_.departures.empty(),
            "md_gan: a transport that models time knows by itself who is absent");
    if (time_model const* const model = link_->model()) model->expect_use(true, how_.exchange_every > 0);
    begin();
    auto const batches = static_cast<std::size_t>(how_.batches);
    received_.assign(batches, array<T>(samples_.padded()));
    feedback_.assign(static_cast<std::size_t>(hosted_workers()), array<T>(feedbacks_.padded()));
    together().agree("md_gan", description() + " " + identity_);
  }

  void step() {
    auto const start = std::chrono::steady_clock::now();
    ++report_.step;
    ++report_.steps_executed;
    is_flawed_ = false;
    who_.find(*link_, how_.departures, report_.step);
    report_.workers = static_cast<int>(who_.present.size());
    if (!who_.present.empty()) {
      generate();
      learn();
      give_feedback();
      if (is_exchange()) exchange();
      pull_back();
      report_.skipped_steps += is_flawed_;
    }
    report_.seconds += seconds_since(start);
  }
  /// n steps; on_report(report) after each, where it is given. It may return false to stop early: see run_steps.
  template <class OnReport>
  void run(std::int64_t n, OnReport on_report) {
    run_steps(*this, n, on_report);
  }
  void run(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) step();
  }

  md_gan_report report() const {
    md_gan_report r = report_now();
    r.details = description();
    return r;
  }
  /// It has the generator.
  bool is_server() const { return link_->rank() == 0; }
  players sizes() const { return pair_.sizes(); }
  P const& pair() const { return pair_; }
  /// They change with the next step.
  std::span<T const> generator_weights() const {
    expects(is_server(), "md_gan: the generator is on rank 0");
    return generator_.copies().w(0);
  }
  /// Of a hosted worker; if it has left, as they were then.
  std::span<T const> discriminator_weights(int worker) const {
    expects(is_hosted(worker), "md_gan: this process does not host that worker");
    return discriminators_.w(worker - first_worker());
  }

  /// What error feedback of a hosted worker's feedbacks still owes, a number for each of a batch; empty without it.
  std::span<T const> memory(int worker) const {
    expects(is_hosted(worker), "md_gan: this process does not host that worker");
    if constexpr (has_memory<Feedbacks>) {
      array<T> const& owed = feedbacks_.memory(worker - first_worker());
      return std::span<T const>(owed).first(static_cast<std::size_t>(batch_values()));
    } else {
      return {};
    }
  }

  // On several processes the following are collective: all of them make the same call.

  /// A checksum of the generator's weights and then all discriminators', in the order of the workers.
  std::uint64_t digest() const {
    checksum sum;
    if (is_server()) sum.add(generator_weights());
    else sum.leave_out(static_cast<std::size_t>(sizes().min) * sizeof(T));
    for (int n = 0; n < workers(); ++n)
      if (is_hosted(n)) sum.add(discriminator_weights(n));
      else sum.leave_out(static_cast<std::size_t>(sizes().max) * sizeof(T));
    return sum.value_of(together().sum(sum.part()));
  }
  /// Writes everything that determines the future of the run, whatever the number of processes, to a file of rank 0;
  /// see checkpoint_writer.
  void save(std::string const& path) {
    collective all = together();
    auto const add_head = [&](checkpoint_writer& out) {
      save_head(out, description(), identity_, report_);
      save_time(out);
    };
    save_placed_arrays<T>(path, all, add_head, [this](auto const& f) { each_array(f); });
  }
  /// Continues the run that was saved, as if it had never stopped, on any number of processes. On an error nothing has
  /// changed.
  void load(std::string const& path) {
    md_gan_counters then;
    std::vector<double> time;
    collective all = together();
    auto const read_head = [&](checkpoint_reader& in) {
      then = saved_head(in, description(), identity_);
      time = saved_time(in);
    };
    auto const values = load_placed_arrays<T>(path, all, read_head, [this](auto const& f) { each_array(f); });
    all.share(then);

    for (auto const& [there, v] : values) std::ranges::copy(v, there);
    set_time(time);
    count_from(then);
  }

 private:
  /// Before anything is allocated.
  static Settings checked(Settings how, P const& pair, int workers) {
    players const sizes = pair.sizes();
    expects(sizes.min > 0 && sizes.max > 0, "md_gan: both players have coordinates");
    expects(pair.batch() > 0 && pair.sample_size() > 0, "md_gan: batches and samples are not empty");
    if constexpr (requires { pair.workers(); })
      expects(workers <= pair.workers(), [&] {
        return "md_gan: " + std::to_string(workers) + " workers, but the pair has data for " +
               std::to_string(pair.workers());
      });
    how.check(workers);
    return how;
  }

  /// Where the pair begins, all discriminators alike.
  void begin() {
    std::vector<T> x(static_cast<std::size_t>(sizes().min)), theta(static_cast<std::size_t>(sizes().max));
    pair_.initial(how_.seed, {x, theta});
    if (is_server()) {
      std::ranges::copy(x, generator_.copies().w(0).begin());
      generator_.copies().settle(0);
    }
    for (int i = 0; i < hosted_workers(); ++i) {
      std::ranges::copy(theta, discriminators_.w(i).begin());
      discriminators_.settle(i);
    }
  }

  std::int64_t batch_values() const { return std::int64_t{pair_.batch()} * pair_.sample_size(); }
  std::span<T> values(array<T>& a) const { return std::span(a).first(static_cast<std::size_t>(batch_values())); }
  sample drawn(int number, int draw = 0) const { return {how_.seed, number, report_.step, draw}; }
  /// The batch that the i-th of the present gives its feedback on, and the one that it learns from.
  int feedback_batch(std::size_t i) const { return static_cast<int>(i) % how_.batches; }
  int learning_batch(std::size_t i) const { return static_cast<int>(i + 1) % how_.batches; }
  generated_batch<T> batch(int j) { return {drawn(j), values(received_[static_cast<std::size_t>(j)])}; }
  int host_of_present(std::size_t i) const { return link_->host_of(who_.present[i]); }
  bool is_exchange() const {
    return how_.exchange_every > 0 && report_.step % how_.exchange_every == 0 && who_.present.size() > 1;
  }
  std::uint64_t number_of(md_gan_exchange what) const { return exchange_number(report_.step, what); }

  /// The server draws its batches, and every worker gets two.
  void generate() {
    // Those that somebody gets, and which ranks get them.
    std::size_t const batches = std::min(who_.present.size() + 1, static_cast<std::size_t>(how_.batches));
    std::vector<std::vector<bool>> wanted(static_cast<std::size_t>(link_->ranks()), std::vector<bool>(batches, false));
    for (std::size_t i = 0; i < who_.present.size(); ++i) {
      std::vector<bool>& here = wanted[static_cast<std::size_t>(host_of_present(i))];
      here[static_cast<std::size_t>(feedback_batch(i))] = here[static_cast<std::size_t>(learning_batch(i))] = true;
    }
    routes_.clear();
    heard_.clear();
    to_.clear();
    for (int r = 0; r < link_->ranks(); ++r)
      for (std::size_t j = 0; j < batches; ++j) {
        if (!wanted[static_cast<std::size_t>(r)][j]) continue;
        routes_.push_back({static_cast<int>(j), 0, r});
        if (r != link_->rank()) continue;
        heard_.push_back({{static_cast<int>(j), T(1)}});
        to_.push_back(received_[j].data());
      }

    sent_.clear();
    if (is_server()) sent_ = generator_.generate(batches, [this](int j) { return drawn(j); });
    samples_.encode(engine_, number_of(md_gan_exchange::samples), batches, 0, sent_, {});
    samples_.deliver(*link_, report_.step, 0, routes_);
    if (is_server())
      note(player::min, samples_.lowest(), [this](std::size_t) { return workers(); });
    note(player::min, samples_.combine(engine_, heard_, to_), [this](std::size_t) { return workers(); });
    count(report_.downlink, samples_.size(), 2 * who_.present.size());
    report_.passes += {.generate = static_cast<std::int64_t>(batches)};
  }

  /// Each discriminator makes its steps, all on the same real and generated batch.
  void learn() {
    for (int l = 1; l <= how_.discriminator_steps; ++l)
      for (int k = 0; k < discriminators_.phases(); ++k) {
        std::int64_t const step = (report_.step - 1 - report_.reset_at) * how_.discriminator_steps + l;
        each_here([&](std::size_t i, int local) {
          pair_.ascend(discriminators_.point(local, k), drawn(who_.present[i], discriminators_.draw(step, k)),
                       batch(learning_batch(i)), discriminators_.gradient(local, k));
        });
        report_.passes += {.ascend = report_.workers};
        lowest_.assign(who_.here.size(), no_coordinate);
        discriminators_.move(step, k, who_.here, lowest_.data());
        note(player::max, lowest_, [this](std::size_t i) { return who_.present[who_.first_here + i]; });
        if (time_model* const model = link_->model()) model->compute((l - 1) * discriminators_.phases() + k, false);
      }
  }

  void give_feedback() {
    each_here([&](std::size_t i, int local) {
      pair_.feedback(discriminators_.w(local), drawn(who_.present[i]), batch(feedback_batch(i)),
                     values(feedback_[static_cast<std::size_t>(local)]));
    });
    sent_.clear();
    for (int const local : who_.here) sent_.push_back(feedback_[static_cast<std::size_t>(local)].data());
    routes_.clear();
    for (std::size_t i = 0; i < who_.present.size(); ++i)
      routes_.push_back({static_cast<int>(i), host_of_present(i), 0});
    feedbacks_.encode(engine_, number_of(md_gan_exchange::feedbacks), who_.present.size(), who_.first_here, sent_,
                      who_.here);
    feedbacks_.deliver(*link_, report_.step, 1, routes_);
    note(player::min, feedbacks_.lowest(), [this](std::size_t i) { return who_.present[i]; });
    count(report_.uplink, feedbacks_.size(), who_.present.size());
    report_.passes += {.feedback = report_.workers};
    if (time_model* const model = link_->model()) {
      model->compute(how_.discriminator_steps * discriminators_.phases(), false);
      model->serve(feedbacks_.size().total, 2 * samples_.size().total);  // what comes back is for the next step
    }
  }

  void exchange() {
    exchange_.run(engine_, *link_, who_, report_.step);
    note(player::max, exchange_.lowest(), [this](std::size_t i) { return who_.present[i]; });
    note(player::max, exchange_.overflown(), [this](std::size_t i) { return who_.present[who_.first_here + i]; });
    if (how_.state == exchanged_state::resets) report_.reset_at = report_.step;
    count(report_.exchanged, exchange_.each(), who_.present.size());
    ++report_.exchanges;
    if (time_model* const model = link_->model()) model->gossip(exchange_.transfers(), exchange_.each().total);
  }

  /// The generator's step along the mean over all feedbacks that came.
  void pull_back() {
    std::size_t const received = std::min(who_.present.size(), static_cast<std::size_t>(how_.batches));
    report_.passes += {.pull_back = static_cast<std::int64_t>(received)};
    if (!is_server()) return;
    heard_.assign(received, {});
    T const weight = T(1) / static_cast<T>(who_.present.size());
    for (std::size_t i = 0; i < who_.present.size(); ++i)
      heard_[static_cast<std::size_t>(feedback_batch(i))].push_back({static_cast<int>(i), weight});
    auto const server = [this](std::size_t) { return workers(); };
    note(player::min, feedbacks_.combine(engine_, heard_, generator_.sums(received)), server);
    lowest_.assign(1, generator_.pull_back(report_.step, received, [this](int j) { return drawn(j); }));
    note(player::min, lowest_, server);
  }

  /// f(i, local) for all present that are hosted here: the i-th of those present.
  template <class F>
  void each_here(F const& f) {
    engine_.each(static_cast<std::int64_t>(who_.here.size()), [&](std::int64_t at) {
      auto const i = static_cast<std::size_t>(at);
      f(who_.first_here + i, who_.here[i]);
    });
  }
  /// Coordinates that were not finite, if any; who(i) is the worker of the i-th, or their number for the server.
  template <class Who>
  void note(player whose, std::span<std::int64_t const> lowest, Who const& who) {
    for (std::size_t i = 0; i < lowest.size(); ++i)
      if (lowest[i] != no_coordinate) {
        if (!is_flawed_) report_.non_finite = {report_.step, who(i), whose, lowest[i]};
        is_flawed_ = true;
      }
  }
  static void count(message_bytes& all, message_bytes each, std::size_t messages) {
    auto const n = static_cast<std::int64_t>(messages);
    all += {n * each.total, n * each.payload};
  }

  /// f(name, rank, size, array) for all that determines the future; see placed_arrays.hpp.
  template <class F>
  void each_array(F const& f) {
    auto const of = [&](auto& all, std::string const& whose, int rank, int i, bool here) {
      for (std::string const& name : all.lasting())
        f(whose + name, rank, static_cast<std::size_t>(all.layout().padded()),
          here ? all.padded(name, i).data() : nullptr);
    };
    of(generator_.copies(), "generator.", 0, 0, is_server());
    for (int n = 0; n < workers(); ++n) {
      int const rank = link_->host_of(n), local = n - first_worker();
      of(discriminators_, "discriminator.", rank, local, is_hosted(n));
      if constexpr (has_memory<Feedbacks>)
        f("feedback.e", rank, feedbacks_.padded(), is_hosted(n) ? feedbacks_.memory(local).data() : nullptr);
    }
  }
  std::string description() const {
    return how_.description(pair_, workers()) + model_name();
  }

  Settings how_;
  P pair_;
  std::string identity_;  // what the pair was at construction
  engine engine_;
  Copies discriminators_;
  message_channel<T, Samples, engine> samples_;
  message_channel<T, Feedbacks, engine> feedbacks_;
  discriminator_exchange<T, Discriminators, Copies, engine> exchange_;
  served_generator<T, P, Generator, engine> generator_;
  std::vector<array<T>> received_;  // one a batch
  std::vector<array<T>> feedback_;  // one a hosted worker
  bool is_flawed_ = false;

  // Of one step, kept to reuse their memory.
  attendance who_;
  std::vector<route> routes_;
  std::vector<T const*> sent_;
  std::vector<T*> to_;
  std::vector<std::vector<term<T>>> heard_;
  std::vector<std::int64_t> lowest_;
};

template <class P, class Settings, transport Tr, class Executor>
md_gan(P, Settings, Tr, Executor) -> md_gan<P, Settings, Executor>;
template <class... A>
md_gan(A...) -> md_gan<detail::number_of_arguments<sizeof...(A)>, void, void>;

SADDLE_NAMESPACE_END
