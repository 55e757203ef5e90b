#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/algorithm/attendance.hpp"
#include "saddle/algorithm/discriminator_exchange.hpp"
#include "saddle/algorithm/feedback_exchange.hpp"
#include "saddle/algorithm/hosted_discriminators.hpp"
#include "saddle/algorithm/md_gan_arguments.hpp"
#include "saddle/algorithm/md_gan_settings.hpp"
#include "saddle/algorithm/sample_exchange.hpp"
#include "saddle/algorithm/served_generator.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/split_gan.hpp"
#include "saddle/run/checkpoint.hpp"
#include "saddle/run/collective.hpp"
#include "saddle/run/placed_arrays.hpp"
#include "saddle/run/report.hpp"
#include "saddle/run/run_steps.hpp"
#include "saddle/train/arguments.hpp"
#include "saddle/train/driver_base.hpp"
#include "saddle/train/player_copies.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// MD-GAN: one generator on a server, a discriminator on every worker next to its data. Generated samples go down,
/// derivatives by them come up; now and then the discriminators change places.
///
/// step       the server draws k batches; of the workers that are there number n gets batch n mod k for its feedback
///            and n + 1 mod k to learn from, which are one batch if k = 1 and count twice, as in the paper; L steps of
///            its discriminator on the latter and one real batch; its feedback, by the new discriminator; a step of the
///            generator along the mean over all feedbacks that came. Those on one batch are added up and go back
///            through the generator together: k passes, not one a worker
/// exchange   every so many steps, after the feedback: along a random cyclic order, so that nobody keeps its own
/// buffers    of a pair that has some, see split_gan: the generator's are the server's, a mean over the batches of each
///            step. A discriminator's go with it where it is exchanged
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
        dealt_{how_.batches},
        discriminators_(engine_, how_.discriminator.paced(how_.discriminator_steps), pair_, how_.discriminator_box,
                        first_worker(), hosted_workers()),
        samples_(how_.samples, batch_values(), dealt_, how_.seed),
        feedbacks_(how_.feedbacks, batch_values(), hosted_workers(), how_.seed),
        exchange_(how_.discriminators, discriminators_.copies(), discriminators_.buffers(), how_.state, how_.seed),
        generator_(engine_, how_.generator, pair_, how_.generator_box, is_server(), how_.batches, samples_.padded()) {
    expects(link_->model() == nullptr || how_.departures.empty(),
            "md_gan: a transport that models time knows by itself who is absent");
    if (time_model const* const model = link_->model()) model->expect_use({true, how_.exchange_every > 0});
    begin();
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
    return discriminators_.copies().w(worker - first_worker());
  }

  /// What the pair keeps beside these weights, as running statistics; empty where it keeps nothing.
  std::span<T const> generator_buffers() const {
    expects(is_server(), "md_gan: the generator is on rank 0");
    return generator_.buffers();
  }
  std::span<T const> discriminator_buffers(int worker) const {
    expects(is_hosted(worker), "md_gan: this process does not host that worker");
    return discriminators_.buffers()[static_cast<std::size_t>(worker - first_worker())];
  }

  /// What error feedback of a hosted worker's feedbacks still owes, a number for each of a batch; empty without it.
  std::span<T const> memory(int worker) const {
    expects(is_hosted(worker), "md_gan: this process does not host that worker");
    return feedbacks_.memory(worker - first_worker());
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
    if (is_server()) generator_.spread_buffers();
    set_time(time);
    count_from(then);
  }

 private:
  /// Before anything is allocated.
  static Settings checked(Settings how, P const& pair, int workers) {
    how.check(pair, workers);
    return how;
  }

  /// Where the pair begins, all discriminators alike; the generator is the server's alone.
  void begin() {
    std::vector<T> x(static_cast<std::size_t>(sizes().min)), theta(static_cast<std::size_t>(sizes().max));
    pair_.initial(how_.seed, {x, theta});
    agree("md_gan", description() + " " + identity_, std::span<T const>(theta));
    generator_.copies().begin(x);
    discriminators_.copies().begin(theta);
  }

  std::int64_t batch_values() const { return std::int64_t{pair_.batch()} * pair_.sample_size(); }
  sample drawn(int number, int draw = 0) const { return {how_.seed, number, report_.step, draw}; }
  generated_batch<T> batch(int j) { return {drawn(j), samples_.batch(j)}; }
  /// The sample of batch j, and those of the i-th of the present.
  auto of_server() const {
    return [this](int j) { return drawn(j); };
  }
  auto of_present() const {
    return [this](std::size_t i, int draw) { return drawn(who_.present[i], draw); };
  }
  bool is_exchange() const {
    return how_.exchange_every > 0 && report_.step % how_.exchange_every == 0 && who_.present.size() > 1;
  }

  /// The server draws its batches, and every worker gets two.
  void generate() {
    std::size_t const batches = dealt_.sent(who_.present.size());
    std::vector<T const*> made;
    if (is_server()) made = generator_.generate(batches, of_server());
    samples_.run(engine_, *link_, who_, report_.step, made);
    if (is_server()) note_server(samples_.lowest());
    note_server(samples_.overflown());
    count(report_.downlink, samples_.size(), 2 * who_.present.size());
    report_.passes += {.generate = static_cast<std::int64_t>(batches)};
  }
  /// Each discriminator makes its steps, all on the same real and generated batch.
  void learn() {
    auto const batch_of = [this](std::size_t i) { return batch(dealt_.learning(i)); };
    int const phases = discriminators_.copies().phases();
    for (int l = 1; l <= how_.discriminator_steps; ++l)
      for (int k = 0; k < phases; ++k) {
        std::int64_t const step = (report_.step - 1 - report_.reset_at) * how_.discriminator_steps + l;
        note_present(player::max, discriminators_.ascend(who_, step, k, of_present(), batch_of), who_.first_here);
        report_.passes += {.ascend = report_.workers};
        if (time_model* const model = link_->model()) model->compute((l - 1) * phases + k, false);
      }
  }
  void give_feedback() {
    discriminators_.feedback(
        who_, of_present(), [this](std::size_t i) { return batch(dealt_.feedback(i)); },
        [this](int local) { return feedbacks_.of(local); });
    feedbacks_.run(engine_, *link_, who_, report_.step);
    note_present(player::min, feedbacks_.lowest());
    count(report_.uplink, feedbacks_.size(), who_.present.size());
    report_.passes += {.feedback = report_.workers};
    if (time_model* const model = link_->model()) {
      model->compute(how_.discriminator_steps * discriminators_.copies().phases(), false);
      model->serve(feedbacks_.size().total, 2 * samples_.size().total);  // what comes back is for the next step
    }
  }
  void exchange() {
    exchange_.run(engine_, *link_, who_, report_.step);
    note_present(player::max, exchange_.lowest());
    note_present(player::max, exchange_.lowest_of_buffers());
    note_present(player::max, exchange_.overflown(), who_.first_here);
    if (how_.state == exchanged_state::resets) report_.reset_at = report_.step;
    count(report_.exchanged, exchange_.each(), who_.present.size());
    ++report_.exchanges;
    if (time_model* const model = link_->model()) model->gossip(exchange_.transfers(), exchange_.each().total);
  }
  /// The generator's step along the mean over all feedbacks that came.
  void pull_back() {
    std::size_t const batches = dealt_.answered(who_.present.size());
    report_.passes += {.pull_back = static_cast<std::int64_t>(batches)};
    if (!is_server()) return;
    note_server(feedbacks_.add_up(engine_, who_, dealt_, generator_.sums(batches)));
    std::int64_t const lowest = generator_.pull_back(report_.step, batches, of_server());
    note_server({&lowest, 1});
  }

  /// Coordinates that were not finite, if any: of the present, from number `first` of them on; of what is the server's.
  void note_present(player whose, std::span<std::int64_t const> lowest, std::size_t first = 0) {
    for (std::size_t i = 0; i < lowest.size(); ++i) note(whose, lowest[i], who_.present[first + i]);
  }
  void note_server(std::span<std::int64_t const> lowest) {
    for (std::int64_t const one : lowest) note(player::min, one, workers());
  }
  void note(player whose, std::int64_t lowest, int worker) {
    if (lowest == no_coordinate) return;
    if (!is_flawed_) report_.non_finite = {report_.step, worker, whose, lowest};
    is_flawed_ = true;
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
    if constexpr (has_generator_buffers<P>) {
      std::span<T> const all = generator_.buffers();
      f("generator.buffers", 0, all.size(), is_server() ? all.data() : nullptr);
    }
    for (int n = 0; n < workers(); ++n) {
      int const rank = link_->host_of(n), local = n - first_worker();
      of(discriminators_.copies(), "discriminator.", rank, local, is_hosted(n));
      if constexpr (has_discriminator_buffers<P>) {
        std::span<T> const all = discriminators_.buffers()[is_hosted(n) ? static_cast<std::size_t>(local) : 0];
        f("discriminator.buffers", rank, all.size(), is_hosted(n) ? all.data() : nullptr);
      }
      if constexpr (has_memory<Feedbacks>)
        f("feedback.e", rank, feedbacks_.padded(), is_hosted(n) ? feedbacks_.padded_memory(local).data() : nullptr);
    }
  }
  std::string description() const { return how_.description(pair_, workers()) + model_name(); }

  Settings how_;
  P pair_;
  std::string identity_;  // what the pair was at construction
  engine engine_;
  dealt_batches dealt_;
  hosted_discriminators<T, P, Discriminator, engine> discriminators_;
  sample_exchange<T, Samples, engine> samples_;
  feedback_exchange<T, Feedbacks, engine> feedbacks_;
  discriminator_exchange<T, Discriminators, Copies, engine> exchange_;
  served_generator<T, P, Generator, engine> generator_;
  attendance who_;          // of this step, as is whether something was not finite
  bool is_flawed_ = false;
};

template <class P, class Settings, transport Tr, class Executor>
md_gan(P, Settings, Tr, Executor) -> md_gan<P, Settings, Executor>;
template <class... A>
md_gan(A...) -> md_gan<detail::number_of_arguments<sizeof...(A)>, void, void>;

SADDLE_NAMESPACE_END
