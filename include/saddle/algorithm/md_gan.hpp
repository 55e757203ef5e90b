#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
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
#include "saddle/core/message_header.hpp"
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
#include "saddle/train/collective.hpp"
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
  std::int64_t wire_bytes = 0;      // what this process put on a wire
  double seconds = 0;               // in step()
  std::optional<virtual_time> simulated;  // where the transport models time
  std::int64_t skipped_steps = 0;   // in which some coordinate was not finite, and its bucket left out; as far as this
                                    // process knows
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
/// processes rank 0 is the server, and has workers like the others; a batch goes to each rank once
/// promise   neither threads nor processes change a bit; `load` continues as if the run had never stopped
/// errors    std::invalid_argument, bad_checkpoint, transport_error, bad_message
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

  // What determines the future of copy i.
  static constexpr std::size_t arrays = 3;
  std::size_t array_size(std::size_t which) const {
    auto const n = static_cast<std::size_t>(layout_.padded());
    return which == 0 ? n : which == 1 ? (looks_ahead_ ? n : 0) : n * static_cast<std::size_t>(state_planes<Rule, T>);
  }
  T* array_at(int i, std::size_t which) {
    return (which == 0 ? w_ : which == 1 ? h_ : state_)[static_cast<std::size_t>(i)].data();
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

/// A message that another process wants, too: the place of its sender among all, the ranks.
struct delivery {
  int sender, from, to;
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
  /// `remembered` senders of this process have error memories here.
  channel(C how, std::int64_t size, int remembered, std::uint64_t seed)
      : how_(std::move(how)), layout_{{size, 0}, length} {
    if constexpr (requires { unwrapped(how_).objection(); })
      if (char const* const why = unwrapped(how_).objection()) expects(false, why);
    now_.seed = seed;
    now_.moves = true;
    for (int i = 0; i < remembered; ++i) memory_.emplace_back(has_memory<C> ? padded() : 0);
  }

  message_bytes size() const {
    return {wire_bytes<Wire, T>(layout_, layout_.of(-1), unwrapped(how_)),
            payload_bytes<Wire, T>(layout_, -1, unwrapped(how_))};
  }
  std::size_t padded() const { return static_cast<std::size_t>(layout_.padded()); }
  array<T>& memory(int i) { return memory_[static_cast<std::size_t>(i)]; }
  /// Of each sender of the latest exchange, the lowest coordinate that was not finite, or `none`.
  std::span<std::int64_t const> lowest() const { return lowest_; }

  /// A new exchange of `senders` messages, of which this process encodes from[i] as that of sender first + i, whose memory
  /// is number memories[i].
  void encode(Engine& engine, std::uint64_t exchange, std::size_t senders, std::size_t first,
              std::span<T const* const> from, std::span<int const> memories) {
    now_.exchange = exchange;
    lowest_.assign(senders, none);
    messages_.resize(senders);
    if (bytes_.size() < senders) bytes_.resize(senders);
    table_.clear();
    for (std::size_t i = 0; i < from.size(); ++i) {
      worker_arrays<T> a;
      a.gradient[0] = from[i];
      if constexpr (has_memory<C>) a.memory = memory(memories[i]).data();
      table_.push_back(a);
      make_room(first + i);
    }
    engine.run(encode_body<Scheme, Wire, T, absent_rule, length>{unwrapped(how_), layout_, &now_, &no_rule_,
                                                                 table_.data(), messages_.data() + first,
                                                                 lowest_.data() + first,
                                                                 static_cast<std::uint32_t>(first)},
               static_cast<int>(from.size()), 0, layout_.buckets());
  }
  /// Brings messages to other processes.
  /// errors  transport_error, bad_message
  void deliver(link& between, std::int64_t step, int round, std::span<delivery const> all) {
    if (between.is_local()) return;
    std::deque<message_header> headers;  // a deque does not move what it holds
    std::vector<parcel> sends, receives;
    std::vector<std::pair<message_header*, message_key>> arriving;
    for (delivery const& d : all) {
      if (d.from == d.to || (between.rank() != d.from && between.rank() != d.to)) continue;
      bool const is_ours = between.rank() == d.from;
      auto const i = static_cast<std::size_t>(d.sender);
      message_key const key{layout_.of(-1), static_cast<std::int64_t>(now_.exchange), d.sender};
      if (is_ours) {
        headers.push_back(
            seal_message<Wire, T>(messages_[i], layout_, key, {lowest_[i], d.sender}, unwrapped(how_)));
      } else {
        make_room(i);
        arriving.emplace_back(&headers.emplace_back(), key);
      }
      std::vector<parcel>& parcels = is_ours ? sends : receives;
      int const other = is_ours ? d.to : d.from;
      parcels.push_back({other, std::as_writable_bytes(std::span(&headers.back(), 1))});
      for (std::span<std::byte> part : wire_parts<Wire, T>(messages_[i], layout_, key.part, unwrapped(how_)))
        parcels.push_back({other, part});
    }
    between.start({step, round, {}, sends, receives});
    between.finish();
    for (auto const& [header, key] : arriving) {
      auto const i = static_cast<std::size_t>(key.sender);
      open_message<Wire, T>(*header, messages_[i], layout_, key, false, unwrapped(how_));
      lowest_[i] = header->non_finite;
    }
  }
  /// to[i] = the sum of heard[i], terms over the senders.
  void combine(Engine& engine, std::span<std::vector<term<T>> const> heard, std::span<T* const> to) {
    sources_.clear();
    for (std::vector<term<T>> const& terms : heard)
      sources_.push_back({messages_.data(), terms.data(), static_cast<int>(terms.size())});
    engine.run(combine_body<Wire, T, length>{unwrapped(how_), layout_, &now_, sources_.data(), to.data()},
               static_cast<int>(heard.size()), 0, layout_.buckets());
  }

 private:
  void make_room(std::size_t sender) {
    array<std::byte>& bytes = bytes_[sender];
    bytes.resize(static_cast<std::size_t>(planes_bytes<Wire, T>(layout_, unwrapped(how_))));
    messages_[sender] = planes_at<Wire, T>(layout_, bytes.data(), unwrapped(how_));
  }

  C how_;
  bucket_layout layout_;
  step_switches<T> now_{};
  absent_rule no_rule_;
  std::vector<array<T>> memory_;
  std::vector<array<std::byte>> bytes_;  // of each sender that sends or is heard here
  std::vector<message_planes> messages_;
  std::vector<std::int64_t> lowest_;
  std::vector<worker_arrays<T>> table_;
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
        generator_(how_.generator, pair_.sizes().min, is_server() ? 1 : 0, how_.generator_box),
        discriminators_(how_.discriminator, pair_.sizes().max, hosted_workers(), how_.discriminator_box),
        samples_(how_.samples, batch_values(), 0, how_.seed),
        feedbacks_(how_.feedbacks, batch_values(), hosted_workers(), how_.seed),
        exchange_(how_.discriminators, pair_.sizes().max, 0, how_.seed) {
    expects(generator_.phases() == 1,
            "md_gan: the generator's optimizer takes one gradient a step, for each costs a round of samples and feedbacks");
    expects(link_->model() == nullptr || how_.departures.empty(),
            "md_gan: a transport that models time knows by itself who is absent");
    begin();
    auto const batches = static_cast<std::size_t>(how_.batches);
    received_.assign(batches, array<T>(samples_.padded()));
    feedback_.assign(static_cast<std::size_t>(hosted_workers()), array<T>(feedbacks_.padded()));
    if (is_server()) {
      made_.assign(batches, array<T>(samples_.padded()));
      summed_.assign(batches, array<T>(feedbacks_.padded()));
      pulled_.assign(batches, array<T>(static_cast<std::size_t>(generator_.layout().padded())));
    }
    agree();
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
    r.wire_bytes = link_->wire_bytes();
    if (time_model const* const model = link_->model()) r.simulated = model->report();
    return r;
  }
  int workers() const { return link_->workers(); }
  /// This process hosts so many, from this one on; and the generator, if it is the server.
  int first_worker() const { return link_->first(); }
  int hosted_workers() const { return link_->hosted(); }
  bool is_server() const { return link_->rank() == 0; }
  players sizes() const { return pair_.sizes(); }
  P const& pair() const { return pair_; }
  /// They change with the next step.
  std::span<T const> generator_weights() const {
    expects(is_server(), "md_gan: the generator is on rank 0");
    return generator_.w(0);
  }
  /// Of a hosted worker; if it has left, as they were then.
  std::span<T const> discriminator_weights(int worker) const {
    expects(is_hosted(worker), "md_gan: this process does not host that worker");
    return discriminators_.w(worker - first_worker());
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

  /// Writes everything that determines the future of the run, whatever the number of processes, to a file of rank 0; see
  /// checkpoint_writer.
  void save(std::string const& path) {
    std::optional<checkpoint_writer> out;
    if (is_server()) {
      out.emplace(path);
      out->add(description());
      out->add(counters());
      if (time_model const* const model = link_->model()) out->add(std::span<double const>(model->state()));
    }
    collective all = together();
    std::vector<T> distant;
    each_array([&](int rank, std::size_t size, T* here) {
      std::span<T> values(here, here != nullptr ? size : 0);
      if (here == nullptr && out) {
        distant.resize(size);
        values = distant;
      }
      all.move(rank, 0, std::as_writable_bytes(values));
      if (out) out->add(std::span<T const>(values));
    });
    std::string error;
    try {
      if (out) out->commit();
    } catch (bad_checkpoint const& e) {
      error = e.what();
    }
    all.share(error);
    if (!error.empty()) throw bad_checkpoint(error);
  }
  /// Continues the run that was saved, as if it had never stopped, on any number of processes. On an error nothing has
  /// changed.
  void load(std::string const& path) {
    std::string error;
    counted then{};
    std::vector<double> time;
    std::vector<std::vector<T>> values;  // all, on rank 0
    if (is_server()) try {
        checkpoint_reader in(path);
        then = read(in, time, values);
      } catch (bad_checkpoint const& e) {
        error = e.what();
      }
    collective all = together();
    all.share(error);
    if (!error.empty()) throw bad_checkpoint(error);
    all.share(then);
    std::vector<std::pair<T*, std::vector<T>>> taken;
    std::size_t next = 0;
    each_array([&](int rank, std::size_t size, T* here) {
      std::vector<T> v = is_server() ? std::move(values[next++]) : std::vector<T>(here != nullptr ? size : 0);
      all.move(0, rank, std::as_writable_bytes(std::span(v)));
      if (here != nullptr) taken.emplace_back(here, std::move(v));
    });

    for (auto const& [there, v] : taken) std::ranges::copy(v, there);
    if (time_model* const model = link_->model()) model->set_state(time);
    double const seconds = report_.seconds;
    report_ = {};
    report_.seconds = seconds;
    report_.step = then.step;
    report_.downlink = then.downlink;
    report_.uplink = then.uplink;
    report_.exchanged = then.exchanged;
    report_.exchanges = then.exchanges;
    report_.skipped_steps = then.skipped_steps;
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
  counted read(checkpoint_reader& in, std::vector<double>& time, std::vector<std::vector<T>>& values) {
    std::string const theirs = in.get_text(), ours = description();
    if (theirs != ours) in.fail("it is of another run: it has " + theirs + ", this run " + ours);
    auto const then = in.template get<counted>();
    if (time_model const* const model = link_->model())
      if (time = in.template get_all<double>(); time.size() != model->state().size())
        in.fail("an array has another size");
    each_array([&](int, std::size_t size, T*) {
      if (values.emplace_back(in.template get_all<T>()).size() != size) in.fail("an array has another size");
    });
    in.expect_end();
    return then;
  }

  /// Before anything is allocated.
  static Settings checked(Settings how, P const& pair, std::unique_ptr<link> connected, std::unique_ptr<link>& kept) {
    kept = std::move(connected);
    int const workers = kept->workers();
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

  /// Where the pair begins, all discriminators alike.
  void begin() {
    std::vector<T> x(static_cast<std::size_t>(sizes().min)), theta(static_cast<std::size_t>(sizes().max));
    pair_.initial(how_.seed, {x, theta});
    if (is_server()) {
      std::ranges::copy(x, generator_.w(0).begin());
      generator_.settle(0);
    }
    for (int i = 0; i < hosted_workers(); ++i) {
      std::ranges::copy(theta, discriminators_.w(i).begin());
      discriminators_.settle(i);
    }
  }
  /// All processes run the same.
  void agree() const {
    std::string const mine = description();
    std::string first = mine;
    collective all = together();
    all.share(first);
    bool const differs = first != mine;
    expects(all.sum(differs ? 1 : 0) == 0, [&] {
      return "md_gan: the processes run different things; rank 0 has " + first + ", rank " +
             std::to_string(link_->rank()) + " has " + mine;
    });
  }

  collective together() const { return {*link_, report_.step}; }
  bool is_hosted(int worker) const {
    return worker >= first_worker() && worker < first_worker() + hosted_workers();
  }
  std::int64_t batch_values() const { return std::int64_t{pair_.batch()} * pair_.sample_size(); }
  std::span<T> values(array<T>& a) const { return std::span(a).first(static_cast<std::size_t>(batch_values())); }
  sample drawn(int number, int draw = 0) const { return {how_.seed, number, report_.step, draw}; }
  /// The batch that the i-th of the present gives its feedback on, and the one that it learns from.
  int feedback_batch(std::size_t i) const { return static_cast<int>(i) % how_.batches; }
  int learning_batch(std::size_t i) const { return static_cast<int>(i + 1) % how_.batches; }
  generated_batch<T> batch(int j) { return {drawn(j), values(received_[static_cast<std::size_t>(j)])}; }
  int host_of_present(std::size_t i) const { return link_->host_of(present_[i]); }

  void find_present() {
    present_.clear();
    here_.clear();
    time_model* const model = link_->model();
    std::span<int const> const absent = model != nullptr ? model->begin_step(report_.step) : std::span<int const>{};
    auto next = how_.departures.begin();
    for (int n = 0; n < workers(); ++n) {
      bool const leaves = next != how_.departures.end() && next->worker == n;
      bool const has_left = leaves && next->step <= report_.step;
      if (leaves) ++next;
      if (has_left || std::ranges::binary_search(absent, n)) continue;
      if (is_hosted(n)) {
        if (here_.empty()) first_here_ = present_.size();
        here_.push_back(n - first_worker());
      }
      present_.push_back(n);
    }
    if (here_.empty()) first_here_ = 0;
  }
  bool is_exchange() const {
    return how_.exchange_every > 0 && report_.step % how_.exchange_every == 0 && present_.size() > 1;
  }
  /// No two exchanges of a run share their random bits.
  std::uint64_t exchange_number(int kind) const {
    return 3 * static_cast<std::uint64_t>(report_.step) + static_cast<std::uint64_t>(kind);
  }

  /// The server draws its batches, and every worker gets two.
  void generate() {
    // Those that somebody gets, and which ranks get them.
    std::size_t const batches = std::min(present_.size() + 1, static_cast<std::size_t>(how_.batches));
    std::vector<std::vector<bool>> wanted(static_cast<std::size_t>(link_->ranks()), std::vector<bool>(batches, false));
    for (std::size_t i = 0; i < present_.size(); ++i)
      for (int const j : {feedback_batch(i), learning_batch(i)})
        wanted[static_cast<std::size_t>(host_of_present(i))][static_cast<std::size_t>(j)] = true;
    deliveries_.clear();
    heard_.clear();
    to_.clear();
    for (int r = 0; r < link_->ranks(); ++r)
      for (std::size_t j = 0; j < batches; ++j) {
        if (!wanted[static_cast<std::size_t>(r)][j]) continue;
        deliveries_.push_back({static_cast<int>(j), 0, r});
        if (r != link_->rank()) continue;
        heard_.push_back({{static_cast<int>(j), T(1)}});
        to_.push_back(received_[j].data());
      }

    sent_.clear();
    if (is_server()) {
      engine_.each(static_cast<std::int64_t>(batches), [&](std::int64_t j) {
        pair_.generate(generator_.point(0, 0), drawn(static_cast<int>(j)), values(made_[static_cast<std::size_t>(j)]));
      });
      for (std::size_t j = 0; j < batches; ++j) sent_.push_back(made_[j].data());
    }
    samples_.encode(engine_, exchange_number(0), batches, 0, sent_, {});
    samples_.deliver(*link_, report_.step, 0, deliveries_);
    if (is_server())
      note(player::min, samples_.lowest(), [this](std::size_t) { return workers(); });
    samples_.combine(engine_, heard_, to_);
    count(report_.downlink, samples_.size(), 2 * present_.size());
  }

  /// Each discriminator makes its steps, all on the same real and generated batch.
  void learn() {
    for (int l = 1; l <= how_.discriminator_steps; ++l)
      for (int k = 0; k < discriminators_.phases(); ++k) {
        each_here([&](std::size_t i, int local) {
          pair_.ascend(discriminators_.point(local, k), drawn(present_[i], discriminators_.at_phase(k).draw),
                       batch(learning_batch(i)), discriminators_.gradient(local));
        });
        lowest_.assign(here_.size(), none);
        discriminators_.move(engine_, (report_.step - 1 - reset_at_) * how_.discriminator_steps + l, k, here_,
                             lowest_.data());
        note(player::max, lowest_, [this](std::size_t i) { return present_[first_here_ + i]; });
        if (time_model* const model = link_->model()) model->compute((l - 1) * discriminators_.phases() + k, false);
      }
  }

  void give_feedback() {
    each_here([&](std::size_t i, int local) {
      pair_.feedback(discriminators_.w(local), drawn(present_[i]), batch(feedback_batch(i)),
                     values(feedback_[static_cast<std::size_t>(local)]));
    });
    sent_.clear();
    for (int const local : here_) sent_.push_back(feedback_[static_cast<std::size_t>(local)].data());
    deliveries_.clear();
    for (std::size_t i = 0; i < present_.size(); ++i)
      deliveries_.push_back({static_cast<int>(i), host_of_present(i), 0});
    feedbacks_.encode(engine_, exchange_number(1), present_.size(), first_here_, sent_, here_);
    feedbacks_.deliver(*link_, report_.step, 1, deliveries_);
    note(player::min, feedbacks_.lowest(), [this](std::size_t i) { return present_[i]; });
    count(report_.uplink, feedbacks_.size(), present_.size());
    if (time_model* const model = link_->model()) {
      model->compute(how_.discriminator_steps * discriminators_.phases(), false);
      model->serve(feedbacks_.size().total, 2 * samples_.size().total);  // what comes back is for the next step
    }
  }

  /// Of those present, the i-th gets the discriminator of number next[i].
  std::vector<std::size_t> cyclic_order() const {
    std::vector<std::size_t> next(present_.size());
    std::iota(next.begin(), next.end(), std::size_t{0});
    random_sequence random(
        {.seed = how_.seed, .use = purpose::graph, .exchange = static_cast<std::uint64_t>(report_.step)});
    for (std::size_t i = next.size() - 1; i > 0; --i)  // Sattolo's algorithm: one cycle, each as likely
      std::swap(next[i], next[random.below(static_cast<std::uint32_t>(i))]);
    return next;
  }
  void exchange() {
    std::vector<std::size_t> const next = cyclic_order();
    deliveries_.clear();
    for (std::size_t i = 0; i < next.size(); ++i)
      deliveries_.push_back({static_cast<int>(next[i]), host_of_present(next[i]), host_of_present(i)});
    sent_.clear();
    heard_.clear();
    to_.clear();
    for (std::size_t i = 0; i < here_.size(); ++i) {
      sent_.push_back(discriminators_.w(here_[i]).data());
      heard_.push_back({{static_cast<int>(next[first_here_ + i]), T(1)}});
      to_.push_back(discriminators_.w(here_[i]).data());
    }
    exchange_.encode(engine_, exchange_number(2), next.size(), first_here_, sent_, {});
    exchange_.deliver(*link_, report_.step, 2, deliveries_);
    note(player::max, exchange_.lowest(), [this](std::size_t i) { return present_[i]; });
    exchange_.combine(engine_, heard_, to_);
    message_bytes each = exchange_.size();
    if (how_.state == exchanged_state::moves) {
      move_states();
      auto const bytes = static_cast<std::int64_t>(state_size() * sizeof(T));
      each += {bytes, bytes};
    }
    for (int const local : here_) {
      discriminators_.settle(local);
      if (how_.state == exchanged_state::resets) std::ranges::fill(discriminators_.state(local), T(0));
    }
    if (how_.state == exchanged_state::resets) reset_at_ = report_.step;
    count(report_.exchanged, each, next.size());
    ++report_.exchanges;
    if (time_model* const model = link_->model()) {
      std::vector<transfer> transfers;
      for (std::size_t i = 0; i < next.size(); ++i) transfers.push_back({present_[next[i]], present_[i]});
      model->gossip(transfers, each.total);
    }
  }
  /// The numbers of an optimizer's state, without what pads them.
  std::size_t state_size() const {
    return static_cast<std::size_t>(sizes().max * state_planes<rule_of<Discriminator, T>, T>);
  }
  /// Along the deliveries of the discriminators, as it is.
  void move_states() {
    std::vector<array<T>> before;
    for (int const local : here_) before.push_back(discriminators_.state(local));
    std::vector<parcel> sends, receives;
    auto const padded = static_cast<std::size_t>(discriminators_.layout().padded());
    auto const each_plane = [&](array<T>& state, auto const& f) {
      for (std::size_t begin = 0; begin < state.size(); begin += padded)
        f(std::as_writable_bytes(std::span(state).subspan(begin, static_cast<std::size_t>(sizes().max))));
    };
    for (std::size_t i = 0; i < deliveries_.size(); ++i) {
      auto const [sender, from, to] = deliveries_[i];
      auto const at = [&](std::size_t place) { return place - first_here_; };
      bool const leaves = from == link_->rank(), comes = to == link_->rank();
      if (leaves && comes)
        discriminators_.state(here_[at(i)]) = before[at(static_cast<std::size_t>(sender))];
      else if (leaves)
        each_plane(before[at(static_cast<std::size_t>(sender))], [&](auto bytes) { sends.push_back({to, bytes}); });
      else if (comes)
        each_plane(discriminators_.state(here_[at(i)]), [&](auto bytes) { receives.push_back({from, bytes}); });
    }
    if (link_->is_local()) return;
    link_->start({report_.step, 3, {}, sends, receives});
    link_->finish();
  }

  /// The generator's step along the mean over all feedbacks that came.
  void pull_back() {
    if (!is_server()) return;
    std::size_t const received = std::min(present_.size(), static_cast<std::size_t>(how_.batches));
    heard_.assign(received, {});
    to_.clear();
    T const weight = T(1) / static_cast<T>(present_.size());
    for (std::size_t i = 0; i < present_.size(); ++i)
      heard_[static_cast<std::size_t>(feedback_batch(i))].push_back({static_cast<int>(i), weight});
    for (std::size_t j = 0; j < received; ++j) to_.push_back(summed_[j].data());
    feedbacks_.combine(engine_, heard_, to_);
    engine_.each(static_cast<std::int64_t>(received), [&](std::int64_t at) {
      auto const j = static_cast<std::size_t>(at);
      pair_.pull_back(generator_.point(0, 0), drawn(static_cast<int>(j)), values(summed_[j]),
                      std::span(pulled_[j]).first(static_cast<std::size_t>(sizes().min)));
    });
    sum_pulled(received);
    static constexpr int itself[] = {0};
    lowest_.assign(1, none);
    generator_.move(engine_, report_.step, 0, itself, lowest_.data());
    note(player::min, lowest_, [this](std::size_t) { return workers(); });
  }
  /// Over the batches, in their order: gradients are as good as messages that were sent as they are.
  void sum_pulled(std::size_t received) {
    std::vector<message_planes> planes(received);
    std::vector<term<T>> terms;
    for (std::size_t j = 0; j < received; ++j) {
      planes[j].begin[0] = reinterpret_cast<std::byte*>(pulled_[j].data());
      terms.push_back({static_cast<int>(j), T(1)});
    }
    incoming<T> const source{planes.data(), terms.data(), static_cast<int>(received)};
    T* const to = generator_.gradient(0).data();
    step_switches<T> const now{};
    bucket_layout const& layout = generator_.layout();
    engine_.run(combine_body<identity, T, md_gan_parts::default_bucket>{{}, layout, &now, &source, &to}, 1, 0,
                layout.buckets());
  }

  /// f(i, local) for all present that are hosted here: the i-th of those present.
  template <class F>
  void each_here(F const& f) {
    engine_.each(static_cast<std::int64_t>(here_.size()), [&](std::int64_t at) {
      auto const i = static_cast<std::size_t>(at);
      f(first_here_ + i, here_[i]);
    });
  }
  /// Coordinates that were not finite, if any; who(i) is the worker of the i-th, or their number for the server.
  template <class Who>
  void note(player whose, std::span<std::int64_t const> lowest, Who const& who) {
    for (std::size_t i = 0; i < lowest.size(); ++i)
      if (lowest[i] != none) {
        if (!is_flawed_) report_.non_finite = {report_.step, who(i), whose, lowest[i]};
        is_flawed_ = true;
      }
  }
  static void count(message_bytes& all, message_bytes each, std::size_t messages) {
    auto const n = static_cast<std::int64_t>(messages);
    all += {n * each.total, n * each.payload};
  }

  /// f(rank, size, array) for all that determines the future, wherever it is; null if that is elsewhere.
  template <class F>
  void each_array(F const& f) {
    auto const of = [&](auto& all, int rank, int i, bool here) {
      for (std::size_t a = 0; a < all.arrays; ++a) f(rank, all.array_size(a), here ? all.array_at(i, a) : nullptr);
    };
    of(generator_, 0, 0, is_server());
    for (int n = 0; n < workers(); ++n) {
      int const rank = link_->host_of(n), local = n - first_worker();
      of(discriminators_, rank, local, is_hosted(n));
      if constexpr (has_memory<Feedbacks>)
        f(rank, feedbacks_.padded(), is_hosted(n) ? feedbacks_.memory(local).data() : nullptr);
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
  std::vector<array<T>> feedback_;                           // one a hosted worker
  md_gan_report report_;
  std::int64_t reset_at_ = 0;  // the step after which the discriminators' optimizers began
  bool is_flawed_ = false;

  // Of one step, kept to reuse their memory. Whoever is present has a place among these; those hosted here follow each
  // other from first_here_ on, and are numbers of copies.
  std::vector<int> present_, here_;
  std::size_t first_here_ = 0;
  std::vector<md_gan_parts::delivery> deliveries_;
  std::vector<T const*> sent_;
  std::vector<T*> to_;
  std::vector<std::vector<term<T>>> heard_;
  std::vector<std::int64_t> lowest_;
};

template <class P, class Settings, class Tr, class Executor>
md_gan(P, Settings, Tr, Executor) -> md_gan<P, Settings, Executor>;

SADDLE_NAMESPACE_END
