#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/message.hpp"
#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/split_gan.hpp"
#include "saddle/step/adapt.hpp"
#include "saddle/step/alone.hpp"
#include "saddle/step/combine.hpp"
#include "saddle/step/encode.hpp"
#include "saddle/topology/scheme.hpp"
#include "saddle/train/checkpoint.hpp"
#include "saddle/train/report.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// A worker that takes part in the steps before this one, and in no other: its discriminator and its data leave with it.
struct departure {
  int worker;
  std::int64_t step;
};

/// What an optimizer knows of a discriminator when that goes to another worker: it goes along, it stays for the one that
/// comes, or all begin anew, their count of steps included.
enum class exchanged_state { moves, stays, resets };

/// How MD-GAN trains: the optimizers of both players, the compressors of the three kinds of messages, and the paper's
/// numbers.
///
/// feedbacks       may have error_feedback: what a worker's feedback owes is paid with the next one
/// discriminators  weights, not directions: half, bfloat or qsgd of 8 bits, if any; an optimizer's state goes as it is
template <optimizer Generator = adam, optimizer Discriminator = adam, compressor Samples = identity,
          compression Feedbacks = identity, compressor Discriminators = identity>
struct md_gan_settings {
  Generator generator{};
  Discriminator discriminator{};
  Samples samples{};
  Feedbacks feedbacks{};
  Discriminators discriminators{};
  int batches = 1;                  // k, at most one a worker
  int discriminator_steps = 1;      // L
  std::int64_t exchange_every = 0;  // steps from one exchange of discriminators to the next, m E / b; 0: never
  exchanged_state state = exchanged_state::stays;
  std::vector<departure> departures{};
  box generator_box{}, discriminator_box{};
  std::uint64_t seed = 1;
  std::string problem{};  // a name for it; a checkpoint of another one is refused
};

/// Bytes are counted once for each worker that gets or sends a message.
struct md_gan_report {
  std::int64_t step = 0;            // steps of the run so far
  std::int64_t steps_executed = 0;  // by this process, since it was started or loaded
  int workers = 0;                  // that took part in the last step
  message_bytes downlink;           // generated samples, two batches a worker
  message_bytes uplink;             // feedbacks
  message_bytes exchanged;          // discriminators between workers, and their optimizers' state if it moves
  std::int64_t exchanges = 0;
  double seconds = 0;               // in step()
  std::optional<virtual_time> simulated;  // where the transport models time
  std::int64_t skipped_steps = 0;   // in which some coordinate was not finite, and its bucket left out
  std::optional<non_finite_coordinate> non_finite;  // the latest; of feedbacks and samples, the place in the message
};

/// MD-GAN: one generator on a server, a discriminator on every worker next to its data. Generated samples go down,
/// derivatives by them come up; now and then the discriminators change places.
///
/// step      the server draws k batches, and worker n of those present gets number n mod k for its feedback and n + 1 mod
///           k to learn from; L steps of its discriminator on these and one real batch; its feedback, by the new
///           discriminator; then the generator takes one step along the mean over all feedbacks that came. Feedbacks on one
///           batch are added up and go back through the generator together: k passes, not one a worker
/// exchange  every so many steps, after the feedback: along a random cyclic order, so that nobody keeps its own
/// mean      each feedback is a mean over its batch already: the paper's 1/(N b) would count that twice. Whoever has
///           left is in no mean; a step without workers moves nothing
/// promise   threads change no bit; `load` continues as if the run had never stopped
/// errors    std::invalid_argument, bad_checkpoint
/// source    Hardy, Le Merrer, Sericola: MD-GAN: Multi-Discriminator Generative Adversarial Networks for Distributed
///           Datasets. IPDPS 2019
template <split_gan P, class Settings, runs_in_host_memory Executor>
class md_gan;

namespace md_gan_parts {

inline constexpr int default_bucket = 512;
template <class C>
inline constexpr int bucket_of = C::bucket == any_bucket ? default_bucket : C::bucket;

/// Copies of one player, each of which moves alone: weights, look-ahead point, gradient, optimizer state.
template <class T, optimizer O, class Engine>
class copies {
  using Rule = rule_of<O, T>;
  static constexpr int length = default_bucket;
  template <class U>
  using array = typename Engine::template array<U>;
  static_assert(!is_rule_pair<Rule>, "md_gan gives each player an optimizer of its own: per_player is for a trainer");

 public:
  copies(O how, std::int64_t size, int count, box const& limits) : how_(std::move(how)), layout_{{size, 0}, length} {
    if constexpr (requires { how_.objection(); })
      if (char const* const why = how_.objection()) expects(false, why);
    for (int k = 0; k < phases(); ++k) {
      expects(phase_of(how_, k).player == phase::both, "md_gan: an alternating optimizer chooses its player itself");
      looks_ahead_ |= phase_of(how_, k).at_h;
    }
    now_.lo[0] = static_cast<T>(limits.lo);
    now_.hi[0] = static_cast<T>(limits.hi);
    auto const n = static_cast<std::size_t>(layout_.padded());
    for (int i = 0; i < count; ++i) {
      w_.emplace_back(n);
      h_.emplace_back(looks_ahead_ ? n : 0);
      gradient_.emplace_back(n);
      state_.emplace_back(n * static_cast<std::size_t>(state_planes<Rule, T>));
    }
  }

  int phases() const { return phases_of(how_); }
  phase at_phase(int k) const { return phase_of(how_, k); }
  bucket_layout const& layout() const { return layout_; }
  std::span<T> w(int i) { return whole(w_, i); }
  std::span<T const> w(int i) const { return whole(w_, i); }
  /// Where the gradient of a phase is taken.
  std::span<T const> point(int i, int k) const { return whole(at_phase(k).at_h ? h_ : w_, i); }
  std::span<T> gradient(int i) { return whole(gradient_, i); }
  array<T>& state(int i) { return state_[static_cast<std::size_t>(i)]; }

  /// To weights that came from elsewhere: inside of the box, and with nothing to look ahead along.
  void settle(int i) {
    for (T& x : w(i)) x = clamped(x, now_.lo[0], now_.hi[0]);
    rest(i);
  }
  void rest(int i) {
    if (looks_ahead_) std::ranges::copy(w(i), whole(h_, i).begin());
  }

  /// Phase k of a step on some of the copies, along their gradients. `lowest` has a place for each of them.
  void move(Engine& engine, std::int64_t step, int k, std::span<int const> which, std::int64_t* lowest) {
    now_.step = step;
    now_.rule = how_.template at<T>(step, k);
    table_.clear();
    for (int const m : which) {
      auto const i = static_cast<std::size_t>(m);
      worker_arrays<T> a;
      a.w = w_[i].data();
      a.h = looks_ahead_ ? h_[i].data() : nullptr;
      a.gradient[0] = gradient_[i].data();
      a.state = state_[i].data();
      a.plane = layout_.padded();
      table_.push_back(a);
    }
    auto const launch = [&](auto const& body) {
      engine.run(body, static_cast<int>(which.size()), 0, layout_.buckets());
    };
    if (at_phase(k).commits) {
      launch(step_alone_body<T, Rule, length>{layout_, &now_, table_.data(), lowest});
    } else if constexpr (looks_ahead<Rule, T>) {
      launch(adapt_body<updates<feedback::none>, T, Rule, length>{layout_, &now_, table_.data(), lowest});
    }
  }

  /// f(array) for all that determines the future of copy i.
  template <class F>
  void each_array(int i, F const& f) {
    f(w_[static_cast<std::size_t>(i)]);
    f(h_[static_cast<std::size_t>(i)]);
    f(state_[static_cast<std::size_t>(i)]);
  }

 private:
  template <class Arrays>
  auto whole(Arrays& arrays, int i) const {
    return std::span(arrays[static_cast<std::size_t>(i)]).first(static_cast<std::size_t>(layout_.sizes.min));
  }

  O how_;
  bucket_layout layout_;
  bool looks_ahead_ = false;
  step_context<T, Rule> now_{};
  std::vector<array<T>> w_, h_, gradient_, state_;
  std::vector<worker_arrays<T>> table_;
};

/// Messages of one kind and one size: who sends encodes an array, who hears gets a weighted sum of what was sent.
template <class T, compression C, class Engine>
class channel {
  using Wire = wire_compressor<C>;
  using Scheme = updates<feedback_of<C>, false, true>;  // p is the array as it is, and what is owed
  static constexpr int length = bucket_of<Wire>;
  template <class U>
  using array = typename Engine::template array<U>;
  static_assert(!selects_globally<Wire>,
                "md_gan sends bucket by bucket: use top_k in place of a compressor that selects across buckets");
  static_assert(feedback_of<C> != feedback::difference, "md_gan has no sum of averages for ef21: use error_feedback");

 public:
  channel(C how, std::int64_t size, int senders, std::uint64_t seed) : how_(std::move(how)), layout_{{size, 0}, length} {
    if constexpr (requires { unwrapped(how_).objection(); })
      if (char const* const why = unwrapped(how_).objection()) expects(false, why);
    now_.seed = seed;
    now_.moves = true;
    for (int i = 0; i < senders; ++i) {
      bytes_.emplace_back(static_cast<std::size_t>(planes_bytes<Wire, T>(layout_, unwrapped(how_))));
      memory_.emplace_back(has_memory<C> ? static_cast<std::size_t>(layout_.padded()) : 0);
    }
  }

  message_bytes size() const {
    return {wire_bytes<Wire, T>(layout_, layout_.of(-1), unwrapped(how_)),
            payload_bytes<Wire, T>(layout_, -1, unwrapped(how_))};
  }
  std::size_t padded() const { return static_cast<std::size_t>(layout_.padded()); }
  array<T>& memory(int sender) { return memory_[static_cast<std::size_t>(sender)]; }

  /// from[i] is what senders[i] sends. `lowest` has a place for each of them.
  void encode(Engine& engine, std::uint64_t exchange, std::span<int const> senders, std::span<T const* const> from,
              std::int64_t* lowest) {
    now_.exchange = exchange;
    table_.clear();
    messages_.clear();
    for (std::size_t i = 0; i < senders.size(); ++i) {
      auto const m = static_cast<std::size_t>(senders[i]);
      worker_arrays<T> a;
      a.gradient[0] = from[i];
      a.memory = has_memory<C> ? memory_[m].data() : nullptr;
      table_.push_back(a);
      messages_.push_back(planes_at<Wire, T>(layout_, bytes_[m].data(), unwrapped(how_)));
    }
    engine.run(encode_body<Scheme, Wire, T, absent_rule, length>{unwrapped(how_), layout_, &now_, &no_rule_,
                                                                 table_.data(), messages_.data(), lowest, 0},
               static_cast<int>(senders.size()), 0, layout_.buckets());
  }
  /// to[i] = the sum of heard[i]: terms over the senders of the last encode, by their place among these.
  void combine(Engine& engine, std::span<std::vector<term<T>> const> heard, std::span<T* const> to) {
    sources_.clear();
    for (std::vector<term<T>> const& terms : heard)
      sources_.push_back({messages_.data(), terms.data(), static_cast<int>(terms.size())});
    engine.run(combine_body<Wire, T, length>{unwrapped(how_), layout_, &now_, sources_.data(), to.data()},
               static_cast<int>(heard.size()), 0, layout_.buckets());
  }

 private:
  C how_;
  bucket_layout layout_;
  step_switches<T> now_{};
  absent_rule no_rule_;
  std::vector<array<std::byte>> bytes_;
  std::vector<array<T>> memory_;
  std::vector<worker_arrays<T>> table_;
  std::vector<message_planes> messages_;
  std::vector<incoming<T>> sources_;
};

}  // namespace md_gan_parts

template <split_gan P, class Settings, runs_in_host_memory Executor>
class md_gan {
  using T = typename P::scalar;
  using engine = typename Executor::engine;
  template <class U>
  using array = typename engine::template array<U>;
  using Generator = decltype(Settings::generator);
  using Discriminator = decltype(Settings::discriminator);
  using Samples = decltype(Settings::samples);
  using Feedbacks = decltype(Settings::feedbacks);
  using Discriminators = decltype(Settings::discriminators);
  static_assert(is_unbiased<wire_compressor<Feedbacks>> || has_memory<Feedbacks>,
                "a biased compressor of feedbacks needs error_feedback: its errors would not average out");
  static_assert(!encodes_beside_the_direction<wire_compressor<Feedbacks>> || has_memory<Feedbacks>,
                "a compressor that looks at the fresh direction needs error_feedback");

 public:
  template <transport Tr>
  md_gan(P pair, Settings how, Tr const& connection, Executor const& where)
      : how_(checked(std::move(how), pair, connection.connect(), link_)),
        pair_(std::move(pair)),
        engine_(where),
        generator_(how_.generator, pair_.sizes().min, 1, how_.generator_box),
        discriminators_(how_.discriminator, pair_.sizes().max, workers(), how_.discriminator_box),
        samples_(how_.samples, batch_values(), how_.batches, how_.seed),
        feedbacks_(how_.feedbacks, batch_values(), workers(), how_.seed),
        exchange_(how_.discriminators, pair_.sizes().max, workers(), how_.seed) {
    expects(generator_.phases() == 1,
            "md_gan: the generator's optimizer takes one gradient a step, for each costs a round of samples and feedbacks");
    expects(link_->model() == nullptr || how_.departures.empty(),
            "md_gan: a transport that models time knows by itself who is absent");
    pair_.initial(how_.seed, {generator_.w(0), discriminators_.w(0)});
    generator_.settle(0);
    for (int n = 0; n < workers(); ++n) {
      std::ranges::copy(discriminators_.w(0), discriminators_.w(n).begin());
      discriminators_.settle(n);
    }
    for (int j = 0; j < how_.batches; ++j) {
      made_.emplace_back(samples_.padded());
      received_.emplace_back(samples_.padded());
      summed_.emplace_back(feedbacks_.padded());
      pulled_.emplace_back(static_cast<std::size_t>(generator_.layout().padded()));
    }
    for (int n = 0; n < workers(); ++n) feedback_.emplace_back(feedbacks_.padded());
    lowest_.resize(static_cast<std::size_t>(std::max(workers(), how_.batches)));
  }

  void step() {
    auto const start = std::chrono::steady_clock::now();
    ++report_.step;
    ++report_.steps_executed;
    is_flawed_ = false;
    find_present();
    report_.workers = static_cast<int>(present_.size());
    if (!present_.empty()) {
      generate();
      learn();
      give_feedback();
      if (is_exchange()) exchange();
      pull_back();
      report_.skipped_steps += is_flawed_;
    }
    report_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  /// n steps; on_report(report) after each, where it is given. It may return false to stop early.
  template <class OnReport>
  void run(std::int64_t n, OnReport on_report) {
    for (std::int64_t i = 0; i < n; ++i) {
      step();
      if constexpr (std::is_convertible_v<decltype(on_report(report())), bool>) {
        if (!on_report(report())) return;
      } else {
        on_report(report());
      }
    }
  }
  void run(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) step();
  }

  md_gan_report report() const {
    md_gan_report r = report_;
    if (time_model const* const model = link_->model()) r.simulated = model->report();
    return r;
  }
  int workers() const { return link_->workers(); }
  players sizes() const { return pair_.sizes(); }
  P const& pair() const { return pair_; }
  /// They change with the next step.
  std::span<T const> generator_weights() const { return generator_.w(0); }
  /// Of a worker that has left: as they were then.
  std::span<T const> discriminator_weights(int worker) const {
    expects(worker >= 0 && worker < workers(), "there is such a worker");
    return discriminators_.w(worker);
  }
  /// A checksum of the generator's weights and then all discriminators', in the order of the workers.
  std::uint64_t digest() const {
    checksum sum;
    sum.add(generator_weights());
    for (int n = 0; n < workers(); ++n) sum.add(discriminator_weights(n));
    return sum.value();
  }

  /// Writes everything that determines the future of the run; see checkpoint_writer.
  void save(std::string const& path) {
    checkpoint_writer out(path);
    out.add(description());
    out.add(counters());
    if (time_model const* const model = link_->model()) out.add(std::span<double const>(model->state()));
    each_array([&](array<T>& a) { out.add(std::span<T const>(a)); });
    out.commit();
  }
  /// Continues the run that was saved, as if it had never stopped. On an error nothing has changed.
  void load(std::string const& path) {
    checkpoint_reader in(path);
    std::string const theirs = in.get_text(), ours = description();
    if (theirs != ours) in.fail("it is of another run: it has " + theirs + ", this run " + ours);
    auto const then = in.template get<counted>();
    std::vector<double> time;
    if (time_model const* const model = link_->model())
      if (time = in.template get_all<double>(); time.size() != model->state().size())
        in.fail("an array has another size");
    std::vector<std::vector<T>> values;
    each_array([&](array<T>& a) {
      if (values.emplace_back(in.template get_all<T>()).size() != a.size()) in.fail("an array has another size");
    });
    in.expect_end();
    std::size_t next = 0;
    each_array([&](array<T>& a) { std::ranges::copy(values[next++], a.begin()); });
    if (time_model* const model = link_->model()) model->set_state(time);
    md_gan_report r;
    r.step = then.step;
    r.downlink = then.downlink;
    r.uplink = then.uplink;
    r.exchanged = then.exchanged;
    r.exchanges = then.exchanges;
    r.skipped_steps = then.skipped_steps;
    r.seconds = report_.seconds;
    report_ = r;
    reset_at_ = then.reset_at;
  }

 private:
  struct counted {
    std::int64_t step, reset_at, exchanges, skipped_steps;
    message_bytes downlink, uplink, exchanged;
  };
  counted counters() const {
    return {report_.step,     reset_at_,      report_.exchanges, report_.skipped_steps,
            report_.downlink, report_.uplink, report_.exchanged};
  }

  /// Before anything is allocated.
  static Settings checked(Settings how, P const& pair, std::unique_ptr<link> connected, std::unique_ptr<link>& kept) {
    kept = std::move(connected);
    int const workers = kept->workers();
    expects(kept->is_local(), "md_gan: all workers are in one process");
    players const sizes = pair.sizes();
    expects(sizes.min > 0 && sizes.max > 0, "md_gan: both players have coordinates");
    expects(pair.batch() > 0 && pair.sample_size() > 0, "md_gan: batches and samples are not empty");
    if constexpr (requires { pair.workers(); })
      expects(workers <= pair.workers(), [&] {
        return "md_gan: " + std::to_string(workers) + " workers, but the pair has data for " +
               std::to_string(pair.workers());
      });
    expects(how.batches >= 1 && how.batches <= workers, [&] {
      return "md_gan: " + std::to_string(how.batches) + " batches for " + std::to_string(workers) +
             " workers: there is at least one, and at most one a worker";
    });
    expects(how.discriminator_steps >= 1, "md_gan: a discriminator makes at least one step");
    expects(how.exchange_every >= 0, "md_gan: exchanges are a positive number of steps apart, or 0: there are none");
    for (box const& b : {how.generator_box, how.discriminator_box})
      expects(b.lo <= b.hi, "md_gan: a box has lo <= hi");
    std::ranges::sort(how.departures, {}, &departure::worker);
    for (std::size_t i = 0; i < how.departures.size(); ++i) {
      departure const& d = how.departures[i];
      expects(d.worker >= 0 && d.worker < workers && d.step >= 1, "md_gan: a worker of the run leaves before a step");
      expects(i == 0 || how.departures[i - 1].worker != d.worker, "md_gan: a worker leaves once");
    }
    return how;
  }

  std::int64_t batch_values() const { return std::int64_t{pair_.batch()} * pair_.sample_size(); }
  std::span<T> values(array<T>& a) const { return std::span(a).first(static_cast<std::size_t>(batch_values())); }
  sample drawn(int number, int draw = 0) const { return {how_.seed, number, report_.step, draw}; }
  /// The batch that the i-th of the present gives its feedback on, and the one that it learns from.
  int feedback_batch(std::size_t i) const { return static_cast<int>(i) % how_.batches; }
  int learning_batch(std::size_t i) const { return static_cast<int>(i + 1) % how_.batches; }
  generated_batch<T> batch(int j) {
    return {drawn(j), values(received_[static_cast<std::size_t>(j)])};
  }

  void find_present() {
    present_.clear();
    time_model* const model = link_->model();
    std::span<int const> const absent = model != nullptr ? model->begin_step(report_.step) : std::span<int const>{};
    auto next = how_.departures.begin();
    for (int n = 0; n < workers(); ++n) {
      bool const has_left = next != how_.departures.end() && next->worker == n && next->step <= report_.step;
      if (next != how_.departures.end() && next->worker == n) ++next;
      if (!has_left && !std::ranges::binary_search(absent, n)) present_.push_back(n);
    }
    // Those that somebody gets.
    int const all = static_cast<int>(std::min<std::size_t>(present_.size() + 1, static_cast<std::size_t>(how_.batches)));
    batches_.resize(static_cast<std::size_t>(all));
    std::iota(batches_.begin(), batches_.end(), 0);
  }
  bool is_exchange() const {
    return how_.exchange_every > 0 && report_.step % how_.exchange_every == 0 && present_.size() > 1;
  }
  std::uint64_t exchange_of(int kind) const { return 3 * static_cast<std::uint64_t>(report_.step) + static_cast<std::uint64_t>(kind); }

  /// The server draws its batches, and every worker gets two.
  void generate() {
    engine_.each(static_cast<std::int64_t>(batches_.size()), [&](std::int64_t j) {
      pair_.generate(generator_.point(0, 0), drawn(static_cast<int>(j)), values(made_[static_cast<std::size_t>(j)]));
    });
    send(samples_, exchange_of(0), batches_, made_, player::min);
    heard_.assign(batches_.size(), {});
    to_.clear();
    for (int const j : batches_) {
      heard_[static_cast<std::size_t>(j)] = {{j, T(1)}};
      to_.push_back(received_[static_cast<std::size_t>(j)].data());
    }
    samples_.combine(engine_, heard_, to_);
    count(report_.downlink, samples_.size(), 2 * present_.size());
  }

  /// Each discriminator makes its steps, all on the same real and generated batch.
  void learn() {
    for (int l = 1; l <= how_.discriminator_steps; ++l)
      for (int k = 0; k < discriminators_.phases(); ++k) {
        each_present([&](std::size_t i, int n) {
          pair_.ascend(discriminators_.point(n, k), drawn(n, discriminators_.at_phase(k).draw), batch(learning_batch(i)),
                       discriminators_.gradient(n));
        });
        watched(player::max, present_, [&](std::int64_t* lowest) {
          discriminators_.move(engine_, (report_.step - 1 - reset_at_) * how_.discriminator_steps + l, k, present_,
                               lowest);
        });
        if (time_model* const model = link_->model()) model->compute((l - 1) * discriminators_.phases() + k, false);
      }
  }

  void give_feedback() {
    each_present([&](std::size_t i, int n) {
      pair_.feedback(discriminators_.w(n), drawn(n), batch(feedback_batch(i)),
                     values(feedback_[static_cast<std::size_t>(n)]));
    });
    send(feedbacks_, exchange_of(1), present_, feedback_, player::min);
    count(report_.uplink, feedbacks_.size(), present_.size());
    if (time_model* const model = link_->model()) {
      model->compute(how_.discriminator_steps * discriminators_.phases(), false);
      model->serve(feedbacks_.size().total, 2 * samples_.size().total);  // what comes back is for the next step
    }
  }

  /// The i-th of a random cyclic order of the present gets the discriminator of the next.
  void exchange() {
    std::size_t const n = present_.size();
    std::vector<std::size_t> next(n);  // Sattolo's algorithm: each cycle of all n is as likely
    std::iota(next.begin(), next.end(), std::size_t{0});
    random_sequence random(
        {.seed = how_.seed, .use = purpose::graph, .exchange = static_cast<std::uint64_t>(report_.step)});
    for (std::size_t i = n - 1; i > 0; --i) std::swap(next[i], next[random.below(static_cast<std::uint32_t>(i))]);

    sent_.clear();
    heard_.assign(n, {});
    to_.clear();
    for (std::size_t i = 0; i < n; ++i) {
      sent_.push_back(discriminators_.w(present_[i]).data());
      heard_[i] = {{static_cast<int>(next[i]), T(1)}};
      to_.push_back(discriminators_.w(present_[i]).data());
    }
    watched(player::max, present_,
            [&](std::int64_t* lowest) { exchange_.encode(engine_, exchange_of(2), present_, sent_, lowest); });
    exchange_.combine(engine_, heard_, to_);
    message_bytes each = exchange_.size();
    if (how_.state == exchanged_state::moves) {
      std::vector<array<T>> all(n);
      for (std::size_t i = 0; i < n; ++i) all[i] = std::move(discriminators_.state(present_[i]));
      for (std::size_t i = 0; i < n; ++i) discriminators_.state(present_[i]) = std::move(all[next[i]]);
      auto const bytes = sizes().max * state_planes<rule_of<Discriminator, T>, T> * static_cast<std::int64_t>(sizeof(T));
      each += {bytes, bytes};
    }
    for (int const m : present_) {
      discriminators_.settle(m);
      if (how_.state == exchanged_state::resets) std::ranges::fill(discriminators_.state(m), T(0));
    }
    if (how_.state == exchanged_state::resets) reset_at_ = report_.step;
    count(report_.exchanged, each, n);
    ++report_.exchanges;
    if (time_model* const model = link_->model()) {
      std::vector<transfer> transfers;
      for (std::size_t i = 0; i < n; ++i) transfers.push_back({present_[next[i]], present_[i]});
      model->gossip(transfers, each.total);
    }
  }

  /// The generator's step along the mean over all feedbacks that came.
  void pull_back() {
    auto const received = static_cast<int>(std::min(present_.size(), static_cast<std::size_t>(how_.batches)));
    heard_.assign(static_cast<std::size_t>(received), {});
    to_.clear();
    T const weight = T(1) / static_cast<T>(present_.size());
    for (std::size_t i = 0; i < present_.size(); ++i)
      heard_[static_cast<std::size_t>(feedback_batch(i))].push_back({static_cast<int>(i), weight});
    for (int j = 0; j < received; ++j) to_.push_back(summed_[static_cast<std::size_t>(j)].data());
    feedbacks_.combine(engine_, heard_, to_);
    auto const size = static_cast<std::size_t>(sizes().min);
    engine_.each(received, [&](std::int64_t at) {
      auto const j = static_cast<std::size_t>(at);
      pair_.pull_back(generator_.point(0, 0), drawn(static_cast<int>(j)), values(summed_[j]),
                      std::span(pulled_[j]).first(size));
    });
    sum_pulled(received);
    static constexpr int all[] = {0};
    watched(player::min, all,
            [&](std::int64_t* lowest) { generator_.move(engine_, report_.step, 0, all, lowest); });
  }
  /// Over the batches, in their order: gradients are as good as messages that were sent as they are.
  void sum_pulled(int received) {
    std::vector<message_planes> planes(static_cast<std::size_t>(received));
    std::vector<term<T>> terms;
    for (int j = 0; j < received; ++j) {
      planes[static_cast<std::size_t>(j)].begin[0] = reinterpret_cast<std::byte*>(pulled_[static_cast<std::size_t>(j)].data());
      terms.push_back({j, T(1)});
    }
    incoming<T> const source{planes.data(), terms.data(), received};
    T* const to = generator_.gradient(0).data();
    step_switches<T> const now{};
    bucket_layout const& layout = generator_.layout();
    engine_.run(combine_body<identity, T, md_gan_parts::default_bucket>{{}, layout, &now, &source, &to}, 1, 0,
                layout.buckets());
  }

  template <class F>
  void each_present(F const& f) {
    engine_.each(static_cast<std::int64_t>(present_.size()),
                 [&](std::int64_t i) { f(static_cast<std::size_t>(i), present_[static_cast<std::size_t>(i)]); });
  }
  template <class Channel>
  void send(Channel& through, std::uint64_t exchange, std::span<int const> senders, std::vector<array<T>> const& from,
            player whose) {
    sent_.clear();
    for (int const n : senders) sent_.push_back(from[static_cast<std::size_t>(n)].data());
    watched(whose, senders, [&](std::int64_t* lowest) { through.encode(engine_, exchange, senders, sent_, lowest); });
  }
  /// f(lowest), and what it says there of coordinates that are not finite.
  template <class F>
  void watched(player whose, std::span<int const> who, F const& f) {
    std::fill_n(lowest_.begin(), who.size(), none);
    f(lowest_.data());
    for (std::size_t i = 0; i < who.size(); ++i)
      if (lowest_[i] != none) {
        if (!is_flawed_) report_.non_finite = {report_.step, who[i], whose, lowest_[i]};
        is_flawed_ = true;
      }
  }
  static void count(message_bytes& all, message_bytes each, std::size_t messages) {
    auto const n = static_cast<std::int64_t>(messages);
    all += {n * each.total, n * each.payload};
  }

  template <class F>
  void each_array(F const& f) {
    generator_.each_array(0, f);
    for (int n = 0; n < workers(); ++n) {
      discriminators_.each_array(n, f);
      f(feedbacks_.memory(n));
    }
  }
  std::string description() const {
    auto const text = [](auto number) { return std::to_string(number); };
    std::string all = "md-gan " + Generator::name() + " " + Discriminator::name() + " samples=" + Samples::name() +
                      " feedbacks=" + Feedbacks::name() + " discriminators=" + Discriminators::name() +
                      " workers=" + text(workers()) + " coordinates=" + text(sizes().min) + "+" + text(sizes().max) +
                      " scalar=" + text(sizeof(T)) + " batch=" + text(pair_.batch()) + "x" + text(pair_.sample_size()) +
                      " batches=" + text(how_.batches) + " steps=" + text(how_.discriminator_steps) +
                      " exchange-every=" + text(how_.exchange_every) + " state=" + text(static_cast<int>(how_.state)) +
                      " seed=" + text(how_.seed);
    for (departure const& d : how_.departures) all += " without=" + text(d.worker) + "@" + text(d.step);
    return all + (how_.problem.empty() ? "" : " problem=" + how_.problem) +
           (link_->model() == nullptr ? "" : " " + link_->model()->name());
  }

  std::unique_ptr<link> link_;
  Settings how_;
  P pair_;
  engine engine_;
  md_gan_parts::copies<T, Generator, engine> generator_;
  md_gan_parts::copies<T, Discriminator, engine> discriminators_;
  md_gan_parts::channel<T, Samples, engine> samples_;
  md_gan_parts::channel<T, Feedbacks, engine> feedbacks_;
  md_gan_parts::channel<T, Discriminators, engine> exchange_;
  std::vector<array<T>> made_, received_, summed_, pulled_;  // one a batch
  std::vector<array<T>> feedback_;                           // one a worker
  md_gan_report report_;
  std::int64_t reset_at_ = 0;  // the step after which the discriminators' optimizers began
  bool is_flawed_ = false;

  // Of one step, kept to reuse their memory.
  std::vector<int> present_, batches_;
  std::vector<T const*> sent_;
  std::vector<T*> to_;
  std::vector<std::vector<term<T>>> heard_;
  std::vector<std::int64_t> lowest_;
};

template <class P, class Settings, class Tr, class Executor>
md_gan(P, Settings, Tr, Executor) -> md_gan<P, Settings, Executor>;

SADDLE_NAMESPACE_END
