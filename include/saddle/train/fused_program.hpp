#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/compressor/message.hpp"
#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/players.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/absorb.hpp"
#include "saddle/step/adapt.hpp"
#include "saddle/step/alone.hpp"
#include "saddle/step/apply.hpp"
#include "saddle/step/average.hpp"
#include "saddle/step/encode.hpp"
#include "saddle/step/relay.hpp"
#include "saddle/step/restore.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/scheme.hpp"
#include "saddle/train/executor_program.hpp"
#include "saddle/train/global_selection.hpp"
#include "saddle/train/grouping.hpp"
#include "saddle/train/program.hpp"

SADDLE_NAMESPACE_BEGIN

/// The bucket length of a combination; identity goes along with any.
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
                "a biased compressor on a parameter server needs error_feedback or ef21: "
                "its errors would not average out");
  static_assert(!scheme::copies || scheme::averages || contracts<wire>,
                "public copies need a contraction: round to nearest (qsgd<..., rounding::nearest>), send values as "
                "they are (random_k<..., scaling::plain>), or use a smaller bucket");
  static_assert(feedback_of<C> != feedback::difference || scheme::averages,
                "ef21 adds up what a server averages, and gossip has none: use error_feedback, or send bare");
  static_assert(feedback_of<down> != feedback::difference,
                "ef21 is for the way up: on the downlink use error_feedback");
  static_assert(is_unbiased<wire_compressor<down>> || has_memory<down>,
                "a biased compressor on the downlink needs error_feedback: its errors would not average out");
  static_assert(!encodes_beside_the_direction<wire> || (has_memory<C> && scheme::shares_weights),
                "a compressor that looks at the fresh direction needs error_feedback on a parameter server: nowhere "
                "else is what it sends the sum of that and a debt");
  static_assert(!averaged || scheme::averages,
                "gossip has no average to look ahead along: use the local extrapolation");
  static_assert(!averaged || !steps_alone<Topology>,
                "between its rounds local_steps has no average to look ahead along: use the local extrapolation");
  static_assert(!averaged || writes_ahead<Rule> || !has_memory<C>,
                "one error memory cannot serve both exchanges of an averaged extragradient: send bare, or look ahead "
                "locally");
  static_assert(!scheme::on_average || !(adapts_in_secret<typename rules_in<Rule>::min, T> ||
                                         adapts_in_secret<typename rules_in<Rule>::max, T>),
                "on the average all workers share the optimizer's state, which a look-ahead without a message would "
                "move: adapt on the workers");
  return true;
}

/// The kernels of one combination on one executor. Where workers may be elsewhere, so may be the server, which then
/// sends the exact average too.
template <class T, class O, class C, class Topology, class Scheme, class Executor, bool Distributed>
class fused_program final : public executor_program<T, Executor> {
  using base = executor_program<T, Executor>;
  using base::engine_, base::fleet_, base::workers_, base::outgoing_, base::distant_, base::distant_copies_;
  using base::kind_, base::layout_, base::lowest_, base::log_;
  using base::layout, base::sources, base::after_relay, base::hosted_lowest;
  template <class U>
  using array = typename base::template array<U>;
  template <class U>
  using staged = typename base::template staged<U>;
  using Up = wire_compressor<C>;
  using down_type = downlink_compressor<Topology>;
  using Down = wire_compressor<down_type>;
  using Rule = rule_of<O, T>;
  static constexpr bool is_lossy_down = !is_exact<Down>;
  static constexpr bool may_relay = is_lossy_down || (Distributed && Scheme::averages);
  static constexpr bool mixes_copies = Scheme::copies && !Scheme::averages;
  using Encoding = encoding_rule<Scheme, Rule>;
  struct moment_context : step_context<T, Rule> {
    Encoding encodes_by;
  };
  static constexpr int bucket_length = common_bucket<Up, Down>();
  static_assert(sound_combination<O, C, Topology, T>());

 public:
  struct constants {
    std::uint64_t seed;
    box limits[2];
    tensor_sizes tensors;
  };

  fused_program(O optimizer, C compressor, Topology topology, Executor const& how, players sizes, bool is_local,
                constants const& fixed)
      : base(how,
             {.relays = may_relay && (is_lossy_down || !is_local),
              .mixes_copies = mixes_copies,
              .phases = phases_of(optimizer),
              .rounds = topology.rounds_per_exchange()},
             {sizes, bucket_length, fixed.tensors}),
        optimizer_(std::move(optimizer)),
        compressor_(compressor),
        topology_(std::move(topology)) {
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
    expect_no_objection(optimizer_);
    expect_no_objection(unwrapped(compressor_));
    expect_no_objection(down());
    contexts_.resize(static_cast<std::size_t>(phases_of(optimizer_) * rounds()));
    if constexpr (selects_globally<Up> || selects_globally<Down>) selection_.reserve(engine_, layout_.buckets());
  }

  demands needs() const override {
    demands d;
    d.phases = phases_of(optimizer_);
    for (int k = 0; k < d.phases; ++k) d.look_ahead |= phase_of(optimizer_, k).at_h;
    d.memory = Scheme::memory;
    if constexpr (Scheme::copies) d.copy_planes = planes_of<typename Scheme::template copy<T>, T>;
    d.previous = Scheme::previous;
    d.outgoing = selects_globally<Up> && !Scheme::memory;
    d.shares_weights = Scheme::shares_weights;
    d.averages = Scheme::averages;
    d.anchor = Scheme::anchors;
    d.sum = Scheme::sums;
    d.state_planes = state_planes<Rule, T>;
    d.shares_state = Scheme::on_average;
    d.late = Scheme::late;
    d.relays = kind_.relays;
    d.server_memory = has_memory<down_type> || selects_globally<Down>;
    d.whole_uplinks = selects_globally<Up>;
    d.one_server = selects_globally<Down>;
    d.rounds = rounds();
    if constexpr (steps_alone<Topology>) d.every = topology_.every;
    if constexpr (requires { exchange().varies(); }) d.varies = exchange().varies();
    return d;
  }
  phase phase_at(int k) const override { return phase_of(optimizer_, k); }
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
    if (is_lossy_down) name.append("-").append(down_type::name());
    if (Scheme::late) name.append("-late");
    return name;
  }
  saddle::feedback feedback() const override { return feedback_of<C>; }
  std::string details() const override {
    std::string text = "phases=" + std::to_string(phases_of(optimizer_)) +
                       " rounds=" + std::to_string(rounds());
    if constexpr (Scheme::shares_weights) text += Scheme::on_average ? " adapts=on-average" : " adapts=on-worker";
    if constexpr (steps_alone<Topology>) text += " every=" + std::to_string(topology_.every);
    if constexpr (requires { exchange().consensus_step; })
      if (exchange().consensus_step) text += " consensus-step=" + std::to_string(*exchange().consensus_step);
    if constexpr (Scheme::previous) text += " " + exchange().details();
    if constexpr (Scheme::memory && Scheme::shares_weights)
      text += std::string(" look-ahead-subtracts-memory=") + (now_.subtract_memory ? "yes" : "no");
    bucket_layout const all = layout();
    if constexpr (selects_globally<Up>)
      text += " kept=" + std::to_string(pairs_of(all, all.of(phase::both), unwrapped(compressor_)));
    if constexpr (selects_globally<Down>)
      text += " kept-downlink=" + std::to_string(pairs_of(all, all.of(phase::both), down()));
    return text + grouping_detail(all);
  }

  message_bytes message(way to, int player) const override {
    return on_its_way(to, [&]<class M>(M const& c) -> message_bytes {
      bucket_layout const all = layout();
      return {saddle::wire_bytes<M, T>(all, all.of(player), c), payload_bytes<M, T>(all, player, c)};
    });
  }
  std::int64_t planes_bytes(way to) const override {
    return on_its_way(to, [&]<class M>(M const& c) { return saddle::planes_bytes<M, T>(layout(), c); });
  }
  message_planes planes(way to, std::byte* begin) const override {
    return on_its_way(to, [&]<class M>(M const& c) { return planes_at<M, T>(layout(), begin, c); });
  }
  std::vector<std::span<std::byte>> wire_parts(way to, message_planes const& planes,
                                               bucket_range const& part) const override {
    using parts = std::vector<std::span<std::byte>>;
    return on_a_wire<parts>(
        to, [&]<class M>(M const& c) { return saddle::wire_parts<M, T>(planes, layout(), part, c); });
  }
  message_header seal(way to, message_planes const& planes, message_key const& key,
                      message_status const& status) const override {
    return on_a_wire<message_header>(
        to, [&]<class M>(M const& c) { return seal_message<M, T>(planes, layout(), key, status, c); });
  }
  void open(way to, message_header const& header, message_planes const& planes, message_key const& key) const override {
    on_a_wire<void>(to, [&]<class M>(M const& c) {
      open_message<M, T>(header, planes, layout(), key, to == way::down, c);
    });
  }

  using base::plan;
  void plan(moment const& m) override {
    moment_context c{now_, {}};
    c.rule = optimizer_.template at<T>(m.step, m.phase);
    if constexpr (!std::is_same_v<Encoding, absent_rule>) c.encodes_by = stepping_of(c.rule);
    c.step = m.step;
    c.exchange = m.exchange;
    c.moves = m.first_round;
    c.last = m.last_round;
    c.commits = m.commits;
    c.keep = static_cast<T>(m.keep);
    if constexpr (Scheme::previous) c.consensus_step = static_cast<T>(topology_.of_previous(m.index % rounds()));
    contexts_[static_cast<std::size_t>(m.index)] = c;
  }
  void publish() override {
    base::publish();
    contexts_.publish(engine_);
  }

  void adapt([[maybe_unused]] int index, [[maybe_unused]] int player) override {
    if constexpr (looks_ahead<typename rules_in<Rule>::min, T> || looks_ahead<typename rules_in<Rule>::max, T>)
      launch(adapt_body<Scheme, T, Rule, bucket_length>{layout_, context(index), workers_.data(), hosted_lowest()},
             fleet_.hosted, layout_.of(player));
  }
  void step_alone([[maybe_unused]] int index, [[maybe_unused]] int player) override {
    if constexpr (steps_alone<Topology>)
      launch(step_alone_body<T, Rule, bucket_length>{layout_, context(index), workers_.data(), hosted_lowest()},
             fleet_.hosted, layout_.of(player));
  }
  void encode(int index, int player) override {
    if constexpr (selects_globally<Up>) {
      for (std::size_t m = 0; m < fleet_.workers.size(); ++m)
        selection_.template encode<Scheme>(
            engine_,
            outgoing_body<Scheme, T, Encoding, bucket_length>{layout_, context(index), &context(index)->encodes_by,
                                                              fleet_.workers[m], hosted_lowest() + m,
                                                              selection_.search()},
            unwrapped(compressor_), nullptr, fleet_.workers[m], fleet_.outgoing[m], layout(), layout_.of(player));
    } else {
      launch(encode_body<Scheme, Up, T, Encoding, bucket_length>{unwrapped(compressor_), layout_, context(index),
                                                                   &context(index)->encodes_by, workers_.data(),
                                                                   outgoing_.data(), hosted_lowest(),
                                                                   static_cast<std::uint32_t>(fleet_.first)},
             fleet_.hosted, layout_.of(player));
    }
  }
  void absorb([[maybe_unused]] int index, [[maybe_unused]] int player) override {
    if constexpr (mixes_copies)
      launch(absorb_body<Up, T, bucket_length>{unwrapped(compressor_), layout_, context(index), distant_copies_.data()},
             static_cast<int>(distant_.size()), layout_.of(player));
  }
  void judge(int round) override {
    engine_.once(skip_if_non_finite<T>{sources(round), Scheme::averages ? 1 : fleet_.hosted, lowest_.data()});
  }
  void relay(int index, int round, bucket_range const& part) override {
    [[maybe_unused]] constexpr bool owes = has_memory<down_type>;
    [[maybe_unused]] incoming<T> const* const from = sources(round);
    [[maybe_unused]] std::int64_t* const lowest = lowest_.data() + fleet_.all;
    if constexpr (selects_globally<Down>) {
      worker_arrays<T> server;
      server.memory = server.outgoing = fleet_.server_memory;
      selection_.template encode<updates<feedback_of<down_type>>>(
          engine_,
          relayed_body<owes, Up, T, bucket_length>{unwrapped(compressor_), layout_, context(index), from,
                                                   fleet_.server_memory, lowest, selection_.search()},
          down(), &from->skips, server, fleet_.server_message, layout(), part);
    } else if constexpr (may_relay) {
      launch(relay_body<owes, Up, Down, T, bucket_length>{unwrapped(compressor_), down(), layout_, context(index), from,
                                                          fleet_.server_memory, fleet_.server_message, lowest,
                                                          static_cast<std::uint32_t>(fleet_.all)},
             1, part);
    }
  }
  void apply(int index, int round, int player) override {
    if constexpr (mixes_copies) {
      apply_with(identity{}, index, sources(round), player);
    } else if constexpr (is_lossy_down) {
      apply_with(down(), index, after_relay(round), player);
    } else {
      if constexpr (may_relay && !std::is_same_v<Up, Down>)
        if (kind_.relays) return apply_with(down(), index, after_relay(round), player);
      apply_with(unwrapped(compressor_), index, kind_.relays ? after_relay(round) : sources(round), player);
    }
  }
  void restore([[maybe_unused]] int index, [[maybe_unused]] int round, [[maybe_unused]] int player) override {
    if constexpr (Scheme::averages && has_memory<C>) {
      if constexpr (Executor::in_host_memory)
        if (!sources(round)->skips) return;
      launch(restore_body<Scheme, Up, T, bucket_length>{unwrapped(compressor_), layout_, context(index), sources(round),
                                                        workers_.data(), outgoing_.data(),
                                                        static_cast<std::uint32_t>(fleet_.first)},
             fleet_.hosted, layout_.of(player));
    }
  }
  void average(T* average, T const* w) override {
    launch(average_body<T, bucket_length>{layout_, context(0), average, w}, 1, layout_.of(phase::both));
  }
  void end() override {
    engine_.once(note_non_finite<T>{context(0), lowest_.data(), fleet_.all + 1, log_.data()});
  }

 private:
  template <class Body>
  void launch(Body const& body, int rows, bucket_range const& part) {
    if (part.first < part.last) engine_.run(body, rows, part.first, part.last);
  }
  template <class D>
  void apply_with(D const& decoder, int index, incoming<T> const* from, int player) {
    int const sharing = Scheme::averages ? fleet_.hosted : 1;
    using applied = applying_rule<Scheme, Rule>;
    applied const* rules;
    if constexpr (std::is_same_v<applied, Rule>) rules = &context(index)->rule;
    else rules = no_rule_.data();
    // The direction of the average is nobody's but the server's.
    std::int64_t* const lowest = Scheme::on_average ? lowest_.data() + fleet_.all : hosted_lowest();
    launch(apply_body<Scheme, D, T, applied, bucket_length>{decoder, layout_, context(index), rules, workers_.data(),
                                                            sharing, from, lowest},
           fleet_.hosted / sharing, layout_.of(player));
  }
  /// f of the compressor that a message goes by.
  template <class F>
  auto on_its_way(way to, F const& f) const {
    return to == way::up ? f(unwrapped(compressor_)) : f(down());
  }
  /// The same where a message may leave the process; a transport that keeps all of them compiles nothing of it.
  template <class R, class F>
  R on_a_wire(way to, F const& f) const {
    if constexpr (Distributed) return on_its_way(to, f);
    else throw std::logic_error("saddle: a message leaves a process that is alone");
  }
  moment_context* context(int index) { return contexts_.there() + index; }
  int rounds() const { return topology_.rounds_per_exchange(); }
  auto const& exchange() const { return unwrapped_topology(topology_); }
  Down down() const {
    if constexpr (is_lossy_down) return unwrapped(exchange().downlink);
    else return {};
  }

  O optimizer_;
  C compressor_;
  Topology topology_;
  step_context<T, Rule> now_{};  // what is the same at every moment
  array<absent_rule> no_rule_ = array<absent_rule>(1);
  global_selection<T, bucket_length, typename base::engine> selection_;
  staged<moment_context> contexts_;
};

SADDLE_NAMESPACE_END
