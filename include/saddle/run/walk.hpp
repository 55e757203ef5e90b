#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/kernel/measure.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/problem/any_problem.hpp"
#include "saddle/run/any_walk.hpp"
#include "saddle/run/bound_step.hpp"
#include "saddle/run/buffer_exchange.hpp"
#include "saddle/run/collective.hpp"
#include "saddle/run/exchange_launch.hpp"
#include "saddle/run/exchange_slot.hpp"
#include "saddle/run/instruction.hpp"
#include "saddle/run/run_state.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Goes through the operations of a step.
template <class T, class Executor, bool Distributed>
class walk final : public any_walk<T> {
  using bound = bound_step<T, Executor, Distributed>;
  using engine = typename bound::engine_type;
  using slot = typename bound::slot;
  using operation = typename bound::operation;
  using arguments = typename bound::arguments;

 public:
  walk(Executor const& how, tensor_layout tensors, compiled_policies<T, engine> compiled)
      : step_(how, std::move(tensors), std::move(compiled)) {}

  executor_memory& memory() override { return step_.memory; }
  bucket_layout layout() const override { return step_.layout_on_host(); }
  bool has_server() const override { return step_.policies.has_server; }
  bool adds_up() const override {
    return std::ranges::none_of(step_.slots, [](auto const& s) {
      return s->code.averages && (s->code.is_lossy_up || s->code.is_lossy_down);
    });
  }
  bool serves_whole() const override {
    for (auto const& s : step_.slots)
      if (s->code.selects_down) return true;
    return false;
  }
  run_description describe() const override { return step_.policies.describe(step_.policies.values.all, layout()); }

  std::string describe_buffers() const override { return buffers_.description(); }

  void bind(run_state<T>& run, any_problem<T>& problem, buffer_rule buffers, std::span<T const> w0,
            std::span<point<T> const> lent) override {
    run_ = &run;
    problem_ = &problem;
    buffers_.bind(run, problem, buffers, step_.policies.has_server, step_.policies.amplifies);
    if (time_model const* const model = run.link.model(); model != nullptr && step_.policies.needs_everyone)
      model->expect_everyone();
    expects(run.link.model() == nullptr || !step_.policies.separates_players,
            "separate_players: the modelled network has messages of one size, and players differ");
    step_.bind(run, w0, lent);
    step_.bind_weights(problem);
  }
  void lend(std::span<point<T> const> lent) override { step_.lend(lent); }

  void prepare() override {
    run_state<T>& run = *run_;
    void const* const policies = step_.policies.values.all;
    time_model* const model = run.link.model();
    find_absent(model);
    bool const replan = step_.policies.varies || !is_planned_ || planned_without_ != run.absent;
    if (replan) ++plans_;
    kind_ = 0;
    gradients_of_step_ = 0;
    is_in_flight_ = serves_ = false;
    mixed_ = nullptr;
    for (std::size_t i = 0; i < step_.operations.size(); ++i)
      if (auto const holds = step_.operations[i].code->holds; holds == nullptr || holds(policies, run.step))
        kind_ |= std::uint64_t{1} << i;
    each_operation([&](operation& op, int repetition) {
      iteration const now{run.step, repetition, 0, op.rounds};
      switch (op.code->what) {
        case action::gradient: prepare_gradient(op, now, model); break;
        case action::local:
        case action::vector:
        case action::measure:
        case action::change_scalars: write_data(op, now, {run.seed, 0}); break;
        case action::mix_scalars: plan_exchange(*op.exchange); break;
        case action::send:
          op.exchange->latest(op.code->player) = op.exchanges[static_cast<std::size_t>(repetition)] = run.exchange;
          write_data(op, now, {run.seed, run.exchange});
          run.exchange += static_cast<std::uint64_t>(op.exchange->rounds());
          is_in_flight_ = true;
          break;
        case action::receive: prepare_receive(op, now, model); break;
      }
    });
    if (mixed_ != nullptr) count_buffers(model);
    is_planned_ = true;
    planned_without_ = run.absent;
    step_.step_number[0] = run.step;
    step_.data.publish(step_.engine);
    step_.samples.publish(step_.engine);
    step_.step_number.publish(step_.engine);
    step_.absent.publish(step_.engine);
    for (auto const& s : step_.slots) s->publish(step_.engine);
  }

  void launch() override {
    run_state<T>& run = *run_;
    int const kind = number_of_kind();
    section_ = kind * most_sections_;
    auto const all = [this] {
      section([this] {
        step_.engine.once(
            forget_non_finite{run_->lowest, run_->workers() + 1, run_->skips_there, run_->hosted()});
      });
      each_operation([this](operation& op, int repetition) { launch(op, repetition); });
      section([this] {
        step_.run_waiting();
        step_.engine.once(note_non_finite{step_.step_number.there(), run_->lowest, run_->workers() + 1, run_->log});
      });
    };
    if (run.link.is_local() && problem_->repeats()) step_.engine.replay(kind, all);
    else all();
    if (mixed_ != nullptr)
      buffers_.exchange(run, mixed_->rounds(),
                        [&](int round, int m) { return mixed_->heard_by(run, run.step, round, m); });
    // Whoever was not there hears of a server's weights, and its look-ahead is at rest there.
    if (serves_)
      if (named_array<T> const* const h = run.arrays.find("h"); h != nullptr && h->whose() == owner::workers)
        for (int m = 0; m < run.hosted(); ++m)
          for (int p = 0; p < 2; ++p)
            if (run.is_absent(run.first() + m, p)) {
              std::span<T> const ahead = run.split(h->of(m)).of(p);
              step_.memory.copy(ahead.data(), run.split(run.arrays["w"].of(m)).of(p).data(), ahead.size());
            }
  }

  bool mixes_copies(std::string const& array) const override {
    for (auto const& s : step_.slots)
      if (s->code.mixes_copies && s->name_of("copy") == array) return true;
    return false;
  }
  void plan_first() override {
    for (auto const& s : step_.slots)
      if (s->code.mixes_copies) s->plan(*run_, step_.engine, 1);
  }
  std::vector<std::pair<int, T*>> distant_copies(std::string const& array) const override {
    std::vector<std::pair<int, T*>> all;
    for (auto const& s : step_.slots)
      if (s->code.mixes_copies && s->name_of("copy") == array)
        for (copy_elsewhere<T> const& one : s->distant_copies())
          all.emplace_back(static_cast<int>(one.worker), one.copy);
    return all;
  }

 private:
  // ---- Before a step ----

  void find_absent(time_model* model) {
    run_state<T>& run = *run_;
    run.absent.clear();
    if (model != nullptr) {
      for (int const m : model->begin_step(run.step)) {
        run.absent.resize(static_cast<std::size_t>(run.workers()), no_player);
        run.absent[static_cast<std::size_t>(m)] = every_player;
      }
    } else if (step_.policies.absence != nullptr) {
      for (int m = 0; m < run.workers(); ++m)
        run.absent.push_back(step_.policies.absence(step_.policies.values.all, run.step, m, run.workers()));
      if (std::ranges::count(run.absent, no_player) == run.workers()) run.absent.clear();
    }
    for (int m = 0; m < run.hosted(); ++m)
      step_.absent[static_cast<std::size_t>(m)] = run.absence_of(run.first() + m);
  }
  /// f(operation, repetition) in order, for those that belong to the kind of this step.
  template <class F>
  void each_operation(F const& f) {
    for (std::size_t i = 0; i < step_.operations.size();) {
      int const group = step_.operations[i].code->group;
      std::size_t end = i + 1;
      while (group != 0 && end < step_.operations.size() && step_.operations[end].code->group == group) ++end;
      for (int r = 0; r < step_.operations[i].repeats; ++r)
        for (std::size_t k = i; k < end; ++k)
          if (kind_ >> k & 1) f(step_.operations[k], r);
      i = end;
    }
  }
  void write_data(operation& op, iteration const& now, exchange_facts const& facts) {
    op.code->make(step_.policies.values.all, now, facts,
                  &step_.data[op.data + op.stride * op.time(now.repetition, now.round)]);
  }
  void prepare_gradient(operation& op, iteration const& now, time_model* model) {
    run_state<T>& run = *run_;
    int const draw = op.code->draw(step_.policies.values.all, now);
    for (int m = 0; m < run.hosted(); ++m)
      step_.samples[op.samples + static_cast<std::size_t>(now.repetition * run.hosted() + m)] =
          sample{run.seed, run.first() + m, run.step, draw};
    ++run.gradients;
    if (model != nullptr) model->compute(gradients_of_step_, is_in_flight_);
    ++gradients_of_step_;
  }
  void plan_exchange(slot& s) {
    if (std::exchange(s.planned, plans_) != plans_) s.plan(*run_, step_.engine, run_->step);
  }
  /// Kinds in the order in which they came.
  int number_of_kind() {
    auto const known = std::ranges::find(kinds_, kind_);
    if (known == kinds_.end()) kinds_.push_back(kind_);
    return static_cast<int>(std::ranges::find(kinds_, kind_) - kinds_.begin());
  }
  void prepare_receive(operation& op, iteration now, time_model* model) {
    run_state<T>& run = *run_;
    slot& s = *op.exchange;
    plan_exchange(s);
    std::uint64_t const first = op.exchanges[static_cast<std::size_t>(now.repetition)] = s.latest(op.code->player);
    message_bytes const up = s.up->bytes(run.layout, op.code->player);
    bool const is_split = s.code.averages && run.is_split();
    for (now.round = 0; now.round != op.rounds; ++now.round) {
      exchange_facts const facts{run.seed, first + static_cast<std::uint64_t>(now.round)};
      write_data(op, now, facts);
      if (now.round > 0)
        s.code.make_again(step_.policies.values.all, now, facts,
                          &step_.data[op.again + op.again_stride * op.time(now.repetition, now.round)]);
      std::int64_t sent = run.present();  // to a server
      if (s.code.averages) {
        message_bytes const down = s.down->bytes(run.layout, op.code->player);
        run.downlink += {sent * down.total, sent * down.payload};
        if (model != nullptr) model->serve(up.total, down.total);
        if (is_split) {
          count_players(s, op.code->player);
          continue;
        }
      } else {
        sent = static_cast<std::int64_t>(s.transfers(now.round).size());
        if (model != nullptr) model->gossip(s.transfers(now.round), up.total);
      }
      run.uplink += {sent * up.total, sent * up.payload};
    }
    is_in_flight_ = false;
    bool const of_weights = s.name_of("") == "w.";
    serves_ |= s.code.averages && of_weights;
    if (of_weights && buffers_.exchanges()) mixed_ = &s;
  }
  /// To a server, of those who are there as one player: that one's part.
  void count_players(slot const& s, int player) {
    run_state<T>& run = *run_;
    for (int m = 0; m < run.workers(); ++m)
      if (int const part = present_as(run, m, player); part != nobody) {
        message_bytes const up = s.up->bytes(run.layout, part);
        run.uplink += {up.total, up.payload};
      }
  }
  /// As which of these players a worker is there.
  static constexpr int nobody = -2;
  static int present_as(run_state<T> const& run, int worker, int player) {
    char const absent = run.absence_of(worker);
    if (player != both_players || absent == no_player) return has_player(absent, player) ? nobody : player;
    return absent == every_player ? nobody : has_player(absent, 0) ? 1 : 0;
  }
  /// They go along with the weights, uncompressed.
  void count_buffers(time_model* model) {
    run_state<T>& run = *run_;
    message_bytes const one = buffers_.bytes();
    std::int64_t const there = run.present();
    if (mixed_->code.averages) {
      run.uplink += {there * one.total, there * one.payload};
      run.downlink += {there * one.total, there * one.payload};
      if (model != nullptr) model->serve(one.total, one.total);
      return;
    }
    for (int round = 0; round < mixed_->rounds(); ++round) {
      auto const transfers = mixed_->transfers(round);
      auto const sent = static_cast<std::int64_t>(transfers.size());
      run.uplink += {sent * one.total, sent * one.payload};
      if (model != nullptr) model->gossip(transfers, one.total);
    }
  }

  // ---- The step ----

  /// What runs from one exchange with other processes to the next.
  template <class F>
  void section(F const& f) {
    if constexpr (Distributed)
      if (!run_->link.is_local()) return step_.engine.replay(++section_, f);
    f();  // part of the whole step, which is recorded as one
  }
  void launch(operation& op, int repetition) {
    if (op.code->what != action::local) step_.run_waiting();
    switch (op.code->what) {
      case action::gradient: launch_gradient(op, repetition); break;
      case action::local:
      case action::vector: {
        arguments a = step_.arguments_of(op);
        a.now = step_.facts_at(op.data, op.stride, op.time(repetition, 0));
        section([&] {
          if (op.code->what == action::local) step_.run(op.code->launch, a);
          else op.code->launch(step_.engine, a);
        });
        break;
      }
      case action::measure: launch_measure(op, repetition); break;
      case action::mix_scalars: launch_mix(op); break;
      case action::change_scalars: launch_change(op, repetition); break;
      case action::send: exchange().send(op, repetition); break;
      case action::receive: exchange().receive(op, repetition); break;
    }
  }
  auto exchange() {
    return exchange_launch{step_, *run_, [this](auto const& f) { this->section(f); }};
  }
  void launch_gradient(operation& op, int repetition) {
    run_state<T>& run = *run_;
    named_array<T> const &at = run.arrays[op.code->at.text], &into = run.arrays[op.code->into.text];
    bool const is_g = std::string(op.code->into.text) == "g";
    auto const f = [&] {
      step_.engine.each(run.hosted(), [&](std::int64_t worker) {
        int const m = static_cast<int>(worker);
        int player = op.code->player;
        if (Executor::in_host_memory) player = present_as(run, run.first() + m, player);
        if (player == nobody) return;
        sample const* const s = step_.samples.there() + op.samples + repetition * run.hosted() + m;
        point<T> const own = run.split(into.of(m));
        point<T> const lent = step_.lent.empty() ? point<T>{} : step_.lent[static_cast<std::size_t>(m)];
        bool const lends = !lent.min.empty() || !lent.max.empty();
        problem_->gradient(run.split(static_cast<T const*>(at.of(m))), s, lends ? lent : own, player);
        if (lends && !is_g)
          for (int p = 0; p < 2; ++p)
            step_.memory.copy(own.of(p).data(), static_cast<T const*>(lent.of(p).data()), own.of(p).size());
      });
    };
    if (problem_->repeats()) section(f);
    else f();
  }
  void launch_measure(operation& op, int repetition) {
    run_state<T>& run = *run_;
    arguments a = step_.arguments_of(op);
    a.now = step_.facts_at(op.data, op.stride, op.time(repetition, 0));
    a.sums = step_.sums.data();
    section([&] {
      op.code->launch(step_.engine, a);
      T* const to = run.scalars + run.first() * run.scalars_each;
      if (op.code->of_tensors)
        step_.engine.once(sums_of_tensors<T>{step_.layout, step_.sums.data(), op.code->player, op.rows, run.hosted(),
                                             run.scalars_each, op.code->scalar, to, a.absent});
      else
        step_.engine.once(add_sums<T>{step_.sums.data(), step_.layout.buckets(), a.part.first, a.part.last, op.rows,
                                      run.hosted(), run.scalars_each, op.code->scalar, to, a.absent, op.code->player,
                                      op.code->grows});
    });
  }
  void launch_mix(operation& op) {
    run_state<T>& run = *run_;
    if constexpr (Distributed)
      if (!run.link.is_local()) share_scalars();
    section([&] {
      step_.engine.once(combine_scalars<T>{op.exchange->sources(0), run.scalars + op.code->first_scalar,
                                           step_.mixed_scalars.data(),
                                           run.workers(), run.first(), run.hosted(), op.exchange->targets(0),
                                           run.scalars_each, op.code->scalar});
    });
  }
  void launch_change(operation& op, int repetition) {
    run_state<T>& run = *run_;
    arguments a;
    a.now = step_.facts_at(op.data, op.stride, op.time(repetition, 0));
    a.rows = run.hosted();
    a.absent = run.absent_there;
    a.scalars = run.scalars + run.first() * run.scalars_each;
    a.scalars_each = run.scalars_each;
    section([&] { op.code->launch(step_.engine, a); });
  }
  /// Those of all workers, into the table of each process.
  void share_scalars() {
    run_state<T>& run = *run_;
    std::vector<T> all(static_cast<std::size_t>(run.scalars_each) * static_cast<std::size_t>(run.workers()));
    step_.memory.read(all.data(), static_cast<T const*>(run.scalars), all.size());
    collective(run.link, run.step).share_rows(std::span(all));
    step_.memory.write(run.scalars, static_cast<T const*>(all.data()), all.size());
  }
  static constexpr int most_sections_ = 1 << 16;  // of a kind

  bound_step<T, Executor, Distributed> step_;
  buffer_exchange<T> buffers_;
  run_state<T>* run_ = nullptr;
  any_problem<T> const* problem_ = nullptr;

  // Of a step.
  std::uint64_t kind_ = 0;
  std::vector<std::uint64_t> kinds_;
  int section_ = 0, gradients_of_step_ = 0, plans_ = 0;
  bool is_in_flight_ = false, serves_ = false, is_planned_ = false;
  slot* mixed_ = nullptr;  // the exchange of the weights that the buffers follow
  std::vector<char> planned_without_;
};

SADDLE_NAMESPACE_END
