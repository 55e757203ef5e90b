#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/players.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/adapt.hpp"
#include "saddle/step/alone.hpp"
#include "saddle/step/apply.hpp"
#include "saddle/step/average.hpp"
#include "saddle/step/encode.hpp"
#include "saddle/step/relay.hpp"
#include "saddle/step/restore.hpp"
#include "saddle/step/select.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/scheme.hpp"
#include "saddle/train/program.hpp"

SADDLE_NAMESPACE_BEGIN

/// The bucket length of a combination; identity goes along with any.
inline constexpr int default_bucket = 512;
template <class Up, class Down>
constexpr int common_bucket() {
  static_assert(Up::bucket == any_bucket || Down::bucket == any_bucket || Up::bucket == Down::bucket,
                "the downlink's bucket must be the uplink's: the server encodes bucket by bucket what it decodes");
  if constexpr (Up::bucket != any_bucket) return Up::bucket;
  else if constexpr (Down::bucket != any_bucket) return Down::bucket;
  else return default_bucket;
}

/// What a topology sends down, as a compressor. Identity is the neutral element of the family, and the one policy that
/// this folder knows by name.
template <class Topology>
using downlink_compressor = std::conditional_t<std::is_same_v<typename downlink_of<Topology>::type, exact_downlink>,
                                               identity, typename downlink_of<Topology>::type>;

/// A look-ahead that others do not hear of, by a rule with a state.
template <class R, class T>
inline constexpr bool adapts_in_secret = looks_ahead<R, T> && !writes_ahead<R> &&
                                         extrapolates<R> == extrapolation::local && state_planes<R, T> > 0;

/// What a combination of types must satisfy; each failure is one sentence.
template <class O, class C, class Topology, class T>
constexpr bool sound_combination() {
  using Rule = rule_of<O, T>;
  using wire = wire_compressor<C>;
  using scheme = typename Topology::template scheme<is_exact<wire>, feedback_of<C>>;
  using down = downlink_compressor<Topology>;
  constexpr bool averaged = extrapolates<Rule> == extrapolation::averaged;
  static_assert(!scheme::averages || is_unbiased<wire> || has_memory<C>,
                "a biased compressor on a parameter server needs error_feedback or ef21: its errors would not average out");
  static_assert(feedback_of<C> != feedback::difference || scheme::averages,
                "ef21 adds up what a server averages, and gossip has none: use error_feedback, or send bare");
  static_assert(feedback_of<down> != feedback::difference, "ef21 is for the way up: on the downlink use error_feedback");
  static_assert(is_unbiased<wire_compressor<down>> || has_memory<down>,
                "a biased compressor on the downlink needs error_feedback: its errors would not average out");
  static_assert(!averaged || scheme::averages,
                "gossip has no average to look ahead along: use the local extrapolation");
  static_assert(!averaged || !steps_alone<Topology>,
                "between its rounds local_steps has no average to look ahead along: use the local extrapolation");
  static_assert(!averaged || writes_ahead<Rule> || !has_memory<C>,
                "one error memory cannot serve both exchanges of an averaged extragradient: send bare, or look ahead locally");
  static_assert(!scheme::on_average || !(adapts_in_secret<typename rules_in<Rule>::min, T> ||
                                         adapts_in_secret<typename rules_in<Rule>::max, T>),
                "on the average all workers share the optimizer's state, which a look-ahead without a message would move: "
                "adapt on the workers");
  return true;
}

/// The kernels of one combination on one executor.
template <class T, class O, class C, class Topology, class Scheme, class Executor>
class fused_program final : public program<T> {
  using Up = wire_compressor<C>;
  using down_type = downlink_compressor<Topology>;
  using Down = wire_compressor<down_type>;
  using Rule = rule_of<O, T>;
  static constexpr bool relays = !is_exact<Down>;
  static constexpr bool mixes_copies = Scheme::copies && !Scheme::averages;
  static constexpr int bucket_length = common_bucket<Up, Down>();
  static_assert(sound_combination<O, C, Topology, T>());

 public:
  struct constants {
    std::uint64_t seed;
    box limits[2];
  };

  fused_program(O optimizer, C compressor, Topology topology, Executor const& how, players sizes, constants fixed)
      : optimizer_(std::move(optimizer)),
        compressor_(compressor),
        topology_(std::move(topology)),
        engine_(how),
        layout_{sizes, bucket_length} {
    now_.seed = fixed.seed;
    for (int p = 0; p < 2; ++p) {
      now_.lo[p] = static_cast<T>(fixed.limits[p].lo);
      now_.hi[p] = static_cast<T>(fixed.limits[p].hi);
    }
    now_.consensus_step = T(1);
    if constexpr (requires { exchange().consensus_step; })
      now_.consensus_step = static_cast<T>(exchange().consensus_step.value_or(1.0));
    // What workers that share their weights owe moves w when it is paid; what DeepSqueeze keeps never does, and what is
    // owed of local steps does so only in rounds.
    if constexpr (Scheme::memory && Scheme::shares_weights) now_.subtract_memory = compressor.subtract_in_look_ahead;
    object(optimizer_);
    object(unwrapped(compressor_));
    object(down());
    contexts_.resize(static_cast<std::size_t>(phases_of(optimizer_) * rounds()));
    received_.resize(static_cast<std::size_t>(rounds()));
    if constexpr (selects) {
      auto const buckets = static_cast<std::size_t>(layout_.buckets());
      tallies_ = array<bucket_tally>(buckets);
      before_ = array<bucket_tally>(buckets);
      totals_ = array<std::int64_t>(radix_search<T>::bins);
      search_ = array<radix_search<T>>(1);
      engine_.template reserve_scan<bucket_tally>(layout_.buckets());
    }
  }

  demands needs() const override {
    demands d;
    d.phases = phases_of(optimizer_);
    for (int k = 0; k < d.phases; ++k) d.look_ahead |= phase_of(optimizer_, k).at_h;
    d.memory = Scheme::memory;
    if constexpr (Scheme::copies) d.copy_planes = planes_of<typename Scheme::template copy<T>, T>;
    d.outgoing = selects_globally<Up> && !Scheme::memory;
    d.shares_weights = Scheme::shares_weights;
    d.averages = Scheme::averages;
    d.anchor = Scheme::anchors;
    d.sum = Scheme::sums;
    d.state_planes = state_planes<Rule, T>;
    d.shares_state = Scheme::on_average;
    d.relays = relays;
    d.server_memory = relays && (has_memory<down_type> || selects_globally<Down>);
    d.rounds = rounds();
    if constexpr (steps_alone<Topology>) d.every = topology_.every;
    return d;
  }
  phase phase_at(int k) const override { return phase_of(optimizer_, k); }
  bucket_layout const& layout() const override { return layout_; }
  std::vector<edge> sources(std::int64_t step, int round, int worker, int workers) const override {
    std::vector<edge> from = topology_.sources(step, round, worker, workers);
    if constexpr (Scheme::memory && !Scheme::averages)  // DeepSqueeze mixes with gamma (W - I)
      for (edge& e : from) e.weight = *exchange().consensus_step * (e.weight - (e.worker == worker ? 1 : 0));
    return from;
  }
  std::string optimizer_name() const override { return O::name(); }
  std::string compressor_name() const override { return Up::name(); }
  std::string compression_name() const override { return C::name(); }
  std::string topology_name() const override {
    std::string name = topology_.name();
    if (relays) name.append("-").append(down_type::name());
    if (Scheme::late) name.append("-late");
    return name;
  }
  saddle::feedback feedback() const override { return feedback_of<C>; }
  std::string details() const override {
    std::string text = "phases=" + std::to_string(phases_of(optimizer_)) +
                       " rounds=" + std::to_string(rounds());
    if constexpr (Scheme::shares_weights) text += std::string(" adapts=") + (Scheme::on_average ? "on-average" : "on-worker");
    if constexpr (steps_alone<Topology>) text += " every=" + std::to_string(topology_.every);
    if constexpr (requires { exchange().consensus_step; })
      if (exchange().consensus_step) text += " consensus-step=" + std::to_string(*exchange().consensus_step);
    if constexpr (Scheme::memory && Scheme::shares_weights)
      text += std::string(" look-ahead-subtracts-memory=") + (now_.subtract_memory ? "yes" : "no");
    if constexpr (selects_globally<Up>) text += " kept=" + std::to_string(pairs_of(layout_, unwrapped(compressor_)));
    if constexpr (selects_globally<Down>) text += " kept-downlink=" + std::to_string(pairs_of(layout_, down()));
    return text;
  }

  message_bytes uplink_message(int player) const override { return message_of(player, unwrapped(compressor_)); }
  message_bytes downlink_message(int player) const override { return message_of(player, down()); }
  std::int64_t uplink_planes_bytes() const override { return planes_bytes<Up, T>(layout_, unwrapped(compressor_)); }
  std::int64_t downlink_planes_bytes() const override { return planes_bytes<Down, T>(layout_, down()); }
  message_planes uplink_planes(std::byte* begin) const override {
    return planes_at<Up, T>(layout_, begin, unwrapped(compressor_));
  }
  message_planes downlink_planes(std::byte* begin) const override { return planes_at<Down, T>(layout_, begin, down()); }

  bool in_host_memory() const override { return Executor::in_host_memory; }
  T* allocate(std::size_t n) override { return arrays_.emplace_back(n).data(); }
  std::byte* allocate_bytes(std::size_t n) override { return bytes_.emplace_back(n).data(); }
  void read(T* host, T const* there, std::size_t n) const override { engine_.read(host, there, n); }
  void write(T* there, T const* host, std::size_t n) override { engine_.write(there, host, n); }
  void copy(T* to, T const* from, std::size_t n) override { engine_.copy(to, from, n); }
  void bind(fleet<T> const& all) override {
    fleet_ = all;
    auto const hosted = static_cast<std::size_t>(all.hosted);
    table(workers_, all.workers);
    table(outgoing_, all.outgoing);
    table(senders_, all.senders);
    std::vector<message_planes> others;
    if (mixes_copies)  // instead of messages: dense planes, one a worker
      for (worker_arrays<T> const& a : all.workers) others.push_back({{reinterpret_cast<std::byte*>(a.copy)}});
    if (relays) others = {all.server_message};
    table(mixed_, others);
    lowest_ = array<std::int64_t>(hosted + 1);
    table(whole_, std::vector<term<T>>{{0, T(1)}});
    log_ = array<mishaps>(1);
    set_met({});
    samples_.resize(hosted * static_cast<std::size_t>(phases_of(optimizer_)));
  }

  void plan(moment const& m) override {
    step_context<T, Rule> c = now_;
    c.rule = optimizer_.template at<T>(m.step, m.phase);
    c.step = m.step;
    c.exchange = m.exchange;
    c.moves = m.first_round;
    c.last = m.last_round;
    c.commits = m.commits;
    c.keep = static_cast<T>(m.keep);
    contexts_[static_cast<std::size_t>(m.index)] = c;
  }
  void plan(int phase, int hosted, sample const& s) override { samples_[sample_at(phase, hosted)] = s; }
  void plan(int round, std::span<std::vector<edge> const> heard) override {
    heard_round& r = received_[static_cast<std::size_t>(round)];
    std::size_t terms = 0;
    for (std::vector<edge> const& from : heard) terms += from.size();
    r.terms.resize(terms);
    r.sources.resize(heard.size() + 1);  // what the server hears and, after a relay, what its workers do
    std::size_t next = 0;
    message_planes const* const messages = mixes_copies ? mixed_.data() : senders_.data();
    for (std::size_t target = 0; target < heard.size(); ++target) {
      r.sources[target] = {messages, r.terms.there() + next, static_cast<int>(heard[target].size())};
      for (edge const& e : heard[target]) r.terms[next++] = {e.worker, static_cast<T>(e.weight)};
    }
    r.sources[heard.size()] = {mixed_.data(), whole_.data(), 1};
  }
  void publish() override {
    contexts_.publish(engine_);
    samples_.publish(engine_);
    for (heard_round& r : received_) {
      r.terms.publish(engine_);
      r.sources.publish(engine_);
    }
  }
  void replay(int kind, std::function<void()> const& f, bool repeats) override {
    if (repeats) engine_.replay(kind, f);
    else f();
  }

  void begin() override { engine_.once(forget_non_finite{lowest_.data(), fleet_.hosted + 1}); }
  void each_worker(int phase, std::function<void(int, sample const*)> const& f) override {
    engine_.each(fleet_.hosted, [&](std::int64_t m) {
      f(static_cast<int>(m), samples_.there() + sample_at(phase, static_cast<int>(m)));
    });
  }
  void adapt(int index, int player) override {
    launch(adapt_body<Scheme, T, Rule, bucket_length>{layout_, context(index), workers_.data(), lowest_.data()},
           fleet_.hosted, player);
  }
  void step_alone([[maybe_unused]] int index, [[maybe_unused]] int player) override {
    if constexpr (steps_alone<Topology>)
      launch(step_alone_body<T, Rule, bucket_length>{layout_, context(index), workers_.data(), lowest_.data()}, fleet_.hosted,
             player);
  }
  void encode(int index, int player) override {
    if constexpr (selects_globally<Up>) {
      for (std::size_t m = 0; m < fleet_.workers.size(); ++m)
        select<Scheme>(outgoing_body<Scheme, T, Rule, bucket_length>{layout_, context(index), fleet_.workers[m],
                                                                     lowest_.data() + m, search_.data()},
                       unwrapped(compressor_), nullptr, fleet_.workers[m], fleet_.outgoing[m], player);
    } else {
      launch(encode_body<Scheme, Up, T, Rule, bucket_length>{unwrapped(compressor_), layout_, context(index),
                                                             workers_.data(), outgoing_.data(), lowest_.data(),
                                                             static_cast<std::uint32_t>(fleet_.first)},
             fleet_.hosted, player);
    }
  }
  void judge(int index) override {
    engine_.once(skip_if_non_finite<T>{context(index), lowest_.data(), fleet_.hosted + 1});
  }
  void relay(int index, int round, int player) override {
    constexpr bool owes = has_memory<down_type>;
    incoming<T> const* const from = received_[static_cast<std::size_t>(round)].sources.there();
    std::int64_t* const lowest = lowest_.data() + fleet_.hosted;
    if constexpr (relays && selects_globally<Down>) {
      worker_arrays<T> server;
      server.memory = server.outgoing = fleet_.server_memory;
      select<updates<feedback_of<down_type>>>(
          relayed_body<owes, Up, T, bucket_length>{unwrapped(compressor_), layout_, context(index), from,
                                                   fleet_.server_memory, lowest, search_.data()},
          down(), context(index), server, fleet_.server_message, player);
    } else if constexpr (relays) {
      launch(relay_body<owes, Up, Down, T, bucket_length>{unwrapped(compressor_), down(), layout_, context(index), from,
                                                          fleet_.server_memory, fleet_.server_message, lowest,
                                                          static_cast<std::uint32_t>(fleet_.all)},
             1, player);
    }
  }
  void apply(int index, int round, int player) override {
    using decoder = std::conditional_t<mixes_copies, identity, std::conditional_t<relays, Down, Up>>;
    decoder d{};
    if constexpr (!mixes_copies && !relays) d = unwrapped(compressor_);
    else if constexpr (!mixes_copies) d = down();
    int const sharing = Scheme::averages ? fleet_.hosted : 1;
    using applied = applying_rule<Scheme, Rule>;
    applied const* rules;
    if constexpr (std::is_same_v<applied, Rule>) rules = &context(index)->rule;
    else rules = no_rule_.data();
    incoming<T> const* const from = received_[static_cast<std::size_t>(round)].sources.there() + (relays ? 1 : 0);
    std::int64_t* const lowest = lowest_.data() + (Scheme::on_average ? fleet_.hosted : 0);  // the server's
    launch(apply_body<Scheme, decoder, T, applied, bucket_length>{d, layout_, context(index), rules, workers_.data(), sharing,
                                                                  from, lowest},
           fleet_.hosted / sharing, player);
  }
  void restore([[maybe_unused]] int index, [[maybe_unused]] int player) override {
    if constexpr (Scheme::averages && has_memory<C>) {
      if constexpr (Executor::in_host_memory)
        if (!context(index)->skips) return;
      launch(restore_body<Scheme, Up, T, bucket_length>{unwrapped(compressor_), layout_, context(index), workers_.data(),
                                                        outgoing_.data()},
             fleet_.hosted, player);
    }
  }
  void average(T* average, T const* w) override {
    launch(average_body<T, bucket_length>{layout_, context(0), average, w}, 1, phase::both);
  }
  void end() override {
    engine_.once(note_non_finite<T>{context(0), lowest_.data(), fleet_.hosted + 1, log_.data()});
  }
  mishaps met() const override {
    mishaps m;
    engine_.read(&m, log_.data(), 1);
    return m;
  }
  void set_met(mishaps const& m) override { engine_.write(log_.data(), &m, 1); }

 private:
  using engine = typename Executor::engine;
  template <class U>
  using array = typename engine::template array<U>;
  template <class U>
  using staged = typename engine::template staged<U>;
  static constexpr bool selects = selects_globally<Up> || selects_globally<Down>;

  template <class Body>
  void launch(Body const& body, int rows, int player) {
    auto const [first, last] = buckets_of(player);
    if (first < last) engine_.run(body, rows, first, last);
  }
  std::pair<std::int64_t, std::int64_t> buckets_of(int player) const {
    return {player == 1 ? layout_.first_bucket(1) : 0, player == 0 ? layout_.first_bucket(1) : layout_.buckets()};
  }
  /// Kernel 1 in rounds: `writes` puts p aside, then the largest of it are found and encoded by `by`.
  template <class Keeper, class Writes, class By>
  void select(Writes const& writes, By const& by, step_switches<T> const* gate, worker_arrays<T> const& who,
              message_planes const& message, int player) {
    auto const [first, last] = buckets_of(player);
    if (first >= last) return;
    radix_search<T>* const search = search_.data();
    std::int64_t* const totals = totals_.data();
    engine_.once(begin_search<T>{search, by.kept(part_of(layout_, player).sizes.size())});
    engine_.tally(writes, first, last, totals);
    for (int round = 0;; ++round) {
      engine_.run(advance_body<T>{{search, totals}}, 1, 0, 1);
      if (round + 1 == radix_search<T>::rounds) break;
      engine_.tally(observe_body<T, bucket_length>{layout_, who.outgoing, search}, first, last, totals);
    }
    bucket_tally *const tallies = tallies_.data(), *const before = before_.data();
    engine_.run(count_body<T, bucket_length>{layout_, who.outgoing, search, tallies}, 1, first, last);
    engine_.exclusive_scan(tallies + first, before + first, last - first);
    engine_.run(select_body<Keeper, By, T, bucket_length>{by, layout_, gate, who, search, tallies, before, last, message}, 1,
                first, last);
  }
  template <class U>
  void table(array<U>& to, std::vector<U> const& from) {
    to = array<U>(from.size());
    engine_.write(to.data(), from.data(), from.size());
  }
  step_context<T, Rule>* context(int index) { return contexts_.there() + index; }
  std::size_t sample_at(int phase, int hosted) const { return static_cast<std::size_t>(phase * fleet_.hosted + hosted); }
  int rounds() const { return topology_.rounds_per_exchange(); }
  auto const& exchange() const { return unwrapped_topology(topology_); }
  template <class Any>
  message_bytes message_of(int player, Any const& compressor) const {
    bucket_layout const part = part_of(layout_, player);
    return {static_cast<std::int64_t>(sizeof(message_header)) + planes_bytes<Any, T>(part, compressor),
            payload_bytes<Any, T>(part, compressor)};
  }
  Down down() const {
    if constexpr (relays) return unwrapped(exchange().downlink);
    else return {};
  }
  template <class Policy>
  static void object(Policy const& policy) {
    if constexpr (requires { policy.objection(); })
      if (char const* why = policy.objection()) expects(false, why);
  }

  O optimizer_;
  C compressor_;
  Topology topology_;
  engine engine_;
  bucket_layout layout_;
  step_context<T, Rule> now_{};  // what is the same at every moment
  fleet<T> fleet_;

  // In the executor's memory. A deque does not move what it holds.
  std::deque<array<T>> arrays_;
  std::deque<array<std::byte>> bytes_;
  array<worker_arrays<T>> workers_;
  array<message_planes> outgoing_, senders_, mixed_;  // mixed_: public copies, or the server's message
  array<std::int64_t> lowest_;                        // each hosted worker's and the server's, of this step
  array<term<T>> whole_;
  array<absent_rule> no_rule_ = array<absent_rule>(1);
  mutable array<mishaps> log_;
  array<bucket_tally> tallies_, before_;
  array<std::int64_t> totals_;
  array<radix_search<T>> search_;

  struct heard_round {
    staged<term<T>> terms;
    staged<incoming<T>> sources;
  };
  staged<step_context<T, Rule>> contexts_;
  staged<sample> samples_;
  std::vector<heard_round> received_;
};

SADDLE_NAMESPACE_END
