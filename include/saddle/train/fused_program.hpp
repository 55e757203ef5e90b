#pragma once
#include <cassert>
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
#include "saddle/train/soundness.hpp"

SADDLE_NAMESPACE_BEGIN

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
      : base(compressor, std::move(topology), how, sizes, phases_of(sound(optimizer)), is_local, fixed),
        optimizer_(std::move(optimizer)) {
    bool looks_ahead = false;
    for (int k = 0; k < kind_.phases; ++k) {
      phase const p = phase_at(k);
      looks_ahead |= p.at_h;
      expects(!p.commits || p.exchanges,
              "trainer: a phase of the optimizer commits and does not exchange; local_steps is for steps alone");
      expects(p.commits || !p.exchanges || exchanges_to_look_ahead<typename rules_in<Rule>::min> ||
                  exchanges_to_look_ahead<typename rules_in<Rule>::max>,
              "trainer: a phase of the optimizer exchanges and does not commit; its rule must look ahead along the "
              "average (from = extrapolation::averaged)");
    }
    if constexpr (feedback_of<C> == feedback::error)
      expects(looks_ahead || !compressor.subtract_in_look_ahead.value_or(false),
              "error_feedback: subtract_in_look_ahead is set, and this optimizer looks nowhere ahead");
    contexts_.resize(this->engine_, static_cast<std::size_t>(kind_.phases * kind_.rounds));
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
    moment_context& c = contexts_[moment_at(m.index)];
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
    if constexpr (!std::is_same_v<Encoding, absent_rule>) c.encodes_by = saddle::stepping_of(c.rule);
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
  static O const& sound(O const& optimizer) {
    expect_no_objection(optimizer);
    std::string const flaw = objection_to_phases<T>(optimizer);
    expects(flaw.empty(), [&] { return flaw; });
    return optimizer;
  }
  step_switches<T> const* switches(int index) override { return context(index); }
  moment_context* context(int index) { return contexts_.there() + moment_at(index); }
  std::size_t moment_at(int index) const {
    assert(index >= 0 && index < kind_.phases * kind_.rounds);
    return static_cast<std::size_t>(index);
  }

  O optimizer_;
  typename base::template staged<moment_context> contexts_;
};

SADDLE_NAMESPACE_END
