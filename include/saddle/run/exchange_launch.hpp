#pragma once
#include <cstddef>
#include <cstdint>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/run/messenger.hpp"
#include "saddle/run/run_state.hpp"

SADDLE_NAMESPACE_BEGIN

/// The operations that exchange a vector. `section` runs what lies between two exchanges with other processes.
template <class Step, class Run, class Section>
class exchange_launch {
  using operation = typename Step::operation;
  using arguments = typename Step::arguments;
  using slot = typename Step::slot;
  using scalar = typename Step::scalar;

 public:
  exchange_launch(Step& step, Run& run, Section section) : step_(step), run_(run), section_(section) {}

  void send(operation& op, int repetition) {
    slot& s = *op.exchange;
    arguments a = step_.arguments_of(op);
    s.add_to(a);
    a.now = step_.facts_at(op.data, op.stride, op.time(repetition, 0));
    if (a.part.first < a.part.last) section_([&] { op.code->launch(step_.engine, a); });
    if constexpr (Step::distributed)
      if (messenger<scalar>* const messages = s.messages())
        messages->start_up(run_.step, 0, op.exchanges[static_cast<std::size_t>(repetition)], op.code->player,
                           s.transfers(0));
  }
  void receive(operation& op, int repetition) {
    slot& s = *op.exchange;
    std::uint64_t const first = op.exchanges[static_cast<std::size_t>(repetition)];
    for (int round = 0; round < op.rounds; ++round) {
      step_.run_waiting();
      std::size_t const time = op.time(repetition, round);
      exchange_facts const* const now = step_.facts_at(op.data, op.stride, time);
      arguments a = step_.arguments_of(op);
      s.add_to(a);
      a.now = now;
      if (round > 0) {
        arguments more = a;
        more.now = step_.facts_at(op.again, op.again_stride, time);
        more.table = s.again.data();
        more.rows = run_.hosted();
        more.absent = run_.absent_there;
        more.non_finite = run_.lowest + run_.first();
        if (a.part.first < a.part.last) section_([&] { s.code.send_again(step_.engine, more); });
        if constexpr (Step::distributed)
          if (messenger<scalar>* const messages = s.messages())
            messages->start_up(run_.step, round, first + static_cast<std::uint64_t>(round), op.code->player,
                               s.transfers(round));
      }
      bool asks = false;  // others, for their part of the average
      if constexpr (Step::distributed)
        if (messenger<scalar>* const messages = s.messages()) {
          messages->finish();
          asks = s.code.averages;
        }
      section_([&] {
        absorb(op, a);
        if (!s.code.by_edges) judge(s, round);
        relay(op, a, round);
        if (!asks) take(op, a, round);
      });
      if constexpr (Step::distributed)
        if (asks) {
          messenger<scalar>& messages = *s.messages();
          messages.start_down(run_.step, round, first + static_cast<std::uint64_t>(round), op.code->player);
          messages.finish();
          section_([&] {
            judge(s, round);  // the server may know of coordinates that this process has not heard of
            take(op, a, round);
          });
        }
    }
  }

 private:
  void absorb(operation& op, arguments a) {
    slot& s = *op.exchange;
    if (s.code.absorb == nullptr || s.distant() == 0 || a.part.first >= a.part.last) return;
    a.copies = s.distant_there();
    a.rows = s.distant();
    s.code.absorb(step_.engine, a);
  }
  /// Who of the workers skips.
  void judge(slot& s, int round) {
    step_.engine.once(skip_if_non_finite<scalar>{s.sources(round), s.targets(round), run_.lowest, run_.skips_there,
                                       run_.hosted()});
  }
  void relay(operation& op, arguments a, int round) {
    slot& s = *op.exchange;
    if (!s.relays(run_)) return;
    s.add_server_to(a);
    a.sources = s.sources(round);
    a.non_finite = run_.lowest + run_.workers();
    a.server = static_cast<std::uint32_t>(run_.workers());
    for (bucket_range const& part :
         served_by(run_.link, run_.layout, s.code.selects_down, run_.link.rank(), op.code->player)) {
      a.part = part;
      s.code.relay(step_.engine, a);
    }
  }
  void take(operation& op, arguments a, int round) {
    slot& s = *op.exchange;
    if (a.part.first >= a.part.last) return;
    bool const relayed = s.relays(run_);
    a.sources = s.sources(round) + (relayed ? s.targets(round) : 0);
    arguments back = a;
    if (relayed) a.compressor = a.downlink;
    if (s.code.mixes_copies) a.compressor = &dense_;
    step_.run(relayed ? op.code->launch_after_relay : op.code->launch, a);
    if (s.code.undo_sent == nullptr) return;
    back.sources = s.sources(round);
    if constexpr (Step::in_host_memory)
      if (!back.sources->skips) return;
    step_.run_waiting();
    back.rows = run_.hosted();
    back.table = s.undo.data();
    back.absent = run_.absent_there;
    s.code.undo_sent(step_.engine, back);
  }

  static constexpr identity dense_{};  // how public copies are read

  Step& step_;
  Run& run_;
  Section section_;
};

SADDLE_NAMESPACE_END
