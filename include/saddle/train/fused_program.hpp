#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/bits.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/adapt.hpp"
#include "saddle/step/alone.hpp"
#include "saddle/step/apply.hpp"
#include "saddle/step/combine.hpp"
#include "saddle/step/encode.hpp"
#include "saddle/step/outgoing.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/scheme.hpp"
#include "saddle/train/exchange_program.hpp"
#include "saddle/train/program.hpp"

SADDLE_NAMESPACE_BEGIN

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
  static_assert(!scheme::sums || scheme::on_average || says_its_step_size<O>,
                "ef21 sends how directions change in units of the step size: the optimizer needs "
                "step_size_at(step, player)");
  static_assert(feedback_of<down> != feedback::difference,
                "ef21 is for the way up: on the downlink use error_feedback");
  static_assert(is_unbiased<wire_compressor<down>> || has_memory<down>,
                "a biased compressor on the downlink needs error_feedback: its errors would not average out");
  static_assert(!encodes_beside_the_direction<wire> ||
                    (feedback_of<C> == feedback::error && scheme::shares_weights),
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

/// The kernels of one combination on one executor. What the optimizer has a part in is here, the rest in its bases.
template <class T, class O, class C, class Topology, class Scheme, class Executor, bool Distributed>
class fused_program final : public exchange_program<T, C, Topology, Scheme, Executor, Distributed> {
  using base = exchange_program<T, C, Topology, Scheme, Executor, Distributed>;
  using typename base::Up, typename base::Down;
  using base::engine_, base::fleet_, base::workers_, base::outgoing_, base::selection_, base::no_rule_;
  using base::kind_, base::layout_, base::lowest_, base::up_, base::down_;
  using base::is_lossy_down, base::may_relay, base::mixes_copies, base::bucket_length;
  using base::layout, base::sources, base::after_relay, base::hosted_lowest, base::launch;
  using Rule = rule_of<O, T>;
  using Encoding = encoding_rule<Scheme, Rule>;
  struct moment_context : step_context<T, Rule> {
    Encoding encodes_by;
  };
  static_assert(sound_combination<O, C, Topology, T>());
  static constexpr bool in_units_of_the_step_size = Scheme::sums && !Scheme::on_average;

 public:
  fused_program(O optimizer, C const& compressor, Topology topology, Executor const& how, players sizes, bool is_local,
                typename base::constants const& fixed)
      : base(compressor, std::move(topology), how, sizes, phases_of(optimizer), is_local, fixed),
        optimizer_(std::move(optimizer)) {
    expect_no_objection(optimizer_);
    std::string const flaw = objection_to_phases<T>(optimizer_);
    expects(flaw.empty(), [&] { return flaw; });
    contexts_.resize(static_cast<std::size_t>(kind_.phases * kind_.rounds));
  }

  demands needs() const override {
    demands d = base::needs();
    for (int k = 0; k < d.phases; ++k) d.look_ahead |= phase_at(k).at_h;
    d.state_planes = state_planes<Rule, T>;
    return d;
  }
  phase phase_at(int k) const override { return phase_of(optimizer_, k); }
  std::string optimizer_name() const override { return O::name(); }

  using base::plan;
  void plan(moment const& m) override {
    moment_context& c = contexts_[static_cast<std::size_t>(m.index)];
    static_cast<step_switches<T>&>(c) = this->switches_at(m);
    if constexpr (in_units_of_the_step_size)
      for (int p = 0; p < 2; ++p) {
        double const eta = optimizer_.step_size_at(m.step, p);
        T const inverse = eta > 0 ? static_cast<T>(1 / eta) : T(0);
        bool const has_inverse = is_finite(inverse);
        c.unit[p] = has_inverse ? static_cast<T>(eta) : T(0);
        c.per_unit[p] = has_inverse ? inverse : T(0);
      }
    c.rule = optimizer_.template at<T>(m.step, m.phase);
    if constexpr (!std::is_same_v<Encoding, absent_rule>) c.encodes_by = stepping_of(c.rule);
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
            up_, nullptr, fleet_.workers[m], fleet_.outgoing[m], layout(), layout_.of(player));
    } else {
      launch(encode_body<Scheme, Up, T, Encoding, bucket_length>{up_, layout_, context(index),
                                                                 &context(index)->encodes_by, workers_.data(),
                                                                 outgoing_.data(), hosted_lowest(),
                                                                 static_cast<std::uint32_t>(fleet_.first)},
             fleet_.hosted, layout_.of(player));
    }
  }
  void apply(int index, int round, int player) override {
    if constexpr (mixes_copies) {
      apply_with(identity{}, index, sources(round), player);
    } else if constexpr (is_lossy_down) {
      apply_with(down_, index, after_relay(round), player);
    } else {
      if constexpr (may_relay && !std::is_same_v<Up, Down>)
        if (kind_.relays) return apply_with(down_, index, after_relay(round), player);
      apply_with(up_, index, kind_.relays ? after_relay(round) : sources(round), player);
    }
  }

 private:
  template <class D>
  void apply_with(D const& decoder, int index, incoming<T> const* from, int player) {
    int const sharing = Scheme::averages ? fleet_.hosted : 1;
    using applied = applying_rule<Scheme, Rule>;
    applied const* rules;
    if constexpr (std::is_same_v<applied, Rule>) rules = &context(index)->rule;
    else rules = no_rule_.data();
    // What comes of the average is nobody's but the server's.
    std::int64_t* const lowest = Scheme::averages ? lowest_.data() + fleet_.all : hosted_lowest();
    launch(apply_body<Scheme, D, T, applied, bucket_length>{decoder, layout_, context(index), rules, workers_.data(),
                                                            sharing, from, lowest},
           fleet_.hosted / sharing, layout_.of(player));
  }
  step_switches<T> const* switches(int index) override { return context(index); }
  moment_context* context(int index) { return contexts_.there() + index; }

  O optimizer_;
  typename base::template staged<moment_context> contexts_;
};

SADDLE_NAMESPACE_END
