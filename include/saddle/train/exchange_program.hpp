#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/absorb.hpp"
#include "saddle/step/average.hpp"
#include "saddle/step/non_finite.hpp"
#include "saddle/step/relay.hpp"
#include "saddle/step/restore.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/topology/scheme.hpp"
#include "saddle/train/global_selection.hpp"
#include "saddle/train/grouping.hpp"
#include "saddle/train/message_program.hpp"
#include "saddle/train/program.hpp"
#include "saddle/train/soundness.hpp"

SADDLE_NAMESPACE_BEGIN

/// The bucket length of a combination, the same both ways; identity goes along with any.
template <class Up, class Down>
constexpr int common_bucket() {
  if constexpr (Up::bucket != any_bucket) return Up::bucket;
  else if constexpr (Down::bucket != any_bucket) return Down::bucket;
  else return default_bucket;
}

/// What programs have in common that exchange in the same way: who hears whom, the server's part, and what is kept for
/// the next exchange. No optimizer has a part in it. Where workers may be elsewhere, so may be the server, which then
/// sends the exact average too.
template <class T, class C, class Topology, class Scheme, class Executor, bool Distributed>
class exchange_program : public message_program<T, Executor, wire_compressor<C>,
                                                wire_compressor<downlink_compressor<Topology>>, Distributed> {
  using down_type = downlink_compressor<Topology>;

 protected:
  using Up = wire_compressor<C>;
  using Down = wire_compressor<down_type>;
  using base = message_program<T, Executor, Up, Down, Distributed>;
  using base::engine_, base::fleet_, base::workers_, base::outgoing_, base::distant_, base::distant_copies_;
  using base::kind_, base::layout_, base::lowest_, base::log_, base::up_, base::down_;
  using base::layout, base::sources, base::after_relay;

 public:
  struct constants {
    std::uint64_t seed;
    box limits[2];
    tensor_sizes tensors;
  };

  demands needs() const override {
    demands d;
    d.memory = Scheme::memory;
    if constexpr (Scheme::copies) d.copy_planes = planes_of<typename Scheme::template copy<T>, T>;
    d.previous = Scheme::previous;
    d.outgoing = selects_globally<Up> && !Scheme::memory;
    d.shares_weights = Scheme::shares_weights;
    d.averages = Scheme::averages;
    d.anchor = Scheme::anchors;
    d.sum = Scheme::sums;
    d.shares_state = Scheme::on_average;
    d.late = Scheme::late;
    d.relays = kind_.relays;
    d.server_memory = has_memory<down_type> || selects_globally<Down>;
    d.server_owes = has_memory<down_type>;
    d.whole_uplinks = selects_globally<Up>;
    d.one_server = selects_globally<Down>;
    d.phases = kind_.phases;
    d.rounds = kind_.rounds;
    if constexpr (steps_alone<Topology>) d.every = topology_.every;
    d.varies = topology_.varies();
    return d;
  }
  std::vector<edge> sources(std::int64_t step, int round, int worker, int workers) const override {
    std::vector<edge> from = topology_.sources(step, round, worker, workers);
    if constexpr (Scheme::memory && !Scheme::averages)  // DeepSqueeze mixes with gamma (W - I)
      for (edge& e : from) e.weight = *exchange().consensus_step * (e.weight - (e.worker == worker ? 1 : 0));
    return from;
  }
  std::string compression_name() const override { return C::name(); }
  std::string topology_name() const override {
    std::string name = topology_.name();
    if (is_lossy_down) name.append("-").append(down_type::name());
    if (Scheme::late) name.append("-late");
    return name;
  }
  saddle::feedback feedback() const override { return feedback_of<C>; }
  std::string details() const override {
    std::string text = "phases=" + std::to_string(kind_.phases) + " rounds=" + std::to_string(kind_.rounds);
    if constexpr (Scheme::sums) text += " differences-by-step-size";
    if constexpr (Scheme::shares_weights) text += Scheme::on_average ? " adapts=on-average" : " adapts=on-worker";
    if constexpr (steps_alone<Topology>) text += " every=" + std::to_string(topology_.every);
    if constexpr (requires { exchange().consensus_step; })
      if (exchange().consensus_step) text += " consensus-step=" + number_text(*exchange().consensus_step);
    if constexpr (Scheme::previous) text += " " + exchange().details();
    if constexpr (Scheme::memory && Scheme::shares_weights)
      text += std::string(" look-ahead-subtracts-memory=") + (now_.subtract_memory ? "yes" : "no");
    bucket_layout const all = layout();
    if constexpr (selects_globally<Up>)
      text += " kept=" + std::to_string(saddle::pairs_of(all, all.of(phase::both), up_));
    if constexpr (selects_globally<Down>)
      text += " kept-downlink=" + std::to_string(pairs_of(all, all.of(phase::both), down_));
    return text + grouping_detail(all);
  }

  void absorb([[maybe_unused]] int index, [[maybe_unused]] int player) override {
    if constexpr (mixes_copies)
      launch(absorb_body<Up, T, bucket_length>{up_, layout_, switches(index), distant_copies_.data()},
             static_cast<int>(distant_.size()), layout_.of(player));
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
          relayed_body<owes, Up, T, bucket_length>{up_, layout_, switches(index), from, fleet_.server_memory, lowest,
                                                   selection_.search()},
          down_, &from->skips, server, fleet_.server_message, layout(), part);
    } else if constexpr (may_relay) {
      launch(relay_body<owes, Up, Down, T, bucket_length>{up_, down_, layout_, switches(index), from,
                                                          fleet_.server_memory, fleet_.server_message, lowest,
                                                          static_cast<std::uint32_t>(fleet_.all)},
             1, part);
    }
  }
  void restore([[maybe_unused]] int index, [[maybe_unused]] int round, [[maybe_unused]] int player) override {
    if constexpr (Scheme::averages && has_memory<C>) {
      if constexpr (Executor::in_host_memory)
        if (!sources(round)->skips) return;
      launch(restore_body<Scheme, Up, T, bucket_length>{up_, layout_, switches(index), sources(round), workers_.data(),
                                                        outgoing_.data(), static_cast<std::uint32_t>(fleet_.first)},
             fleet_.hosted, layout_.of(player));
    }
  }
  void average(T* average, T const* w) override {
    launch(average_body<T, bucket_length>{layout_, switches(0), average, w}, 1, layout_.of(phase::both));
  }
  void end() override {
    engine_.once(note_non_finite<T>{switches(0), lowest_.data(), fleet_.all + 1, log_.data()});
  }

 protected:
  static constexpr bool is_lossy_down = !is_exact<Down>;
  static constexpr bool may_relay = is_lossy_down || (Distributed && Scheme::averages);
  static constexpr bool mixes_copies = Scheme::copies && !Scheme::averages;
  static constexpr int bucket_length = common_bucket<Up, Down>();

  exchange_program(C const& compressor, Topology topology, Executor const& how, players sizes, int phases,
                   bool is_local, constants const& fixed)
      : base(how,
             {.averages = Scheme::averages,
              .relays = may_relay && (is_lossy_down || !is_local),
              .mixes_copies = mixes_copies,
              .phases = phases,
              .rounds = topology.rounds_per_exchange()},
             {sizes, bucket_length, fixed.tensors}, unwrapped(compressor), down_of(topology)),
        topology_(std::move(topology)) {
    expect_no_objection(up_);
    expect_no_objection(down_);
    now_.seed = fixed.seed;
    for (int p = 0; p < 2; ++p) {
      now_.lo[p] = bound_in<T>(fixed.limits[p].lo);
      now_.hi[p] = bound_in<T>(fixed.limits[p].hi);
    }
    now_.consensus_step = T(1);
    if constexpr (requires { exchange().consensus_step; })
      now_.consensus_step = static_cast<T>(exchange().consensus_step.value_or(1.0));
    // What workers that share their weights owe moves w when it is paid; what DeepSqueeze keeps never does, and what is
    // owed of local steps does so only in rounds.
    constexpr bool can_subtract = Scheme::memory && Scheme::shares_weights;
    if constexpr (feedback_of<C> == feedback::error) {
      now_.subtract_memory = compressor.subtract_in_look_ahead.value_or(can_subtract);
      expects(can_subtract || !now_.subtract_memory,
              "error_feedback: subtract_in_look_ahead is for a server whose workers share their weights; over gossip "
              "and in local_steps a look-ahead starts from w");
    }
    if constexpr (feedback_of<down_type> == feedback::error)
      expects(!unwrapped_topology(topology_).downlink.subtract_in_look_ahead.has_value(),
              "error_feedback: subtract_in_look_ahead is for what workers owe, and has no meaning on the downlink");
    if constexpr (selects_globally<Up> || selects_globally<Down>) selection_.reserve(engine_, layout_.buckets());
  }

  step_switches<T> switches_at(moment const& m) const {
    step_switches<T> s = now_;
    s.step = m.step;
    s.exchange = m.exchange;
    s.moves = m.first_round;
    s.last = m.last_round;
    s.commits = m.commits;
    s.keep = static_cast<T>(m.keep);
    if constexpr (Scheme::previous) s.consensus_step = static_cast<T>(exchange().of_previous(m.index % kind_.rounds));
    return s;
  }
  /// Those of a moment, in the executor's memory.
  virtual step_switches<T> const* switches(int index) = 0;

  template <class Body>
  void launch(Body const& body, int rows, bucket_range const& part) {
    if (part.first < part.last) engine_.run(body, rows, part.first, part.last);
  }

  global_selection<T, bucket_length, typename base::engine> selection_;
  typename base::template array<absent_rule> no_rule_ = engine_.template allocate<absent_rule>(1);

 private:
  static Down down_of([[maybe_unused]] Topology const& topology) {
    if constexpr (is_lossy_down) return unwrapped(unwrapped_topology(topology).downlink);
    else return {};
  }
  auto const& exchange() const { return unwrapped_topology(topology_); }

  Topology topology_;
  step_switches<T> now_{};  // what is the same at every moment
};

SADDLE_NAMESPACE_END
