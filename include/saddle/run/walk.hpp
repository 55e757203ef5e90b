#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/exec/memory.hpp"
#include "saddle/kernel/measure.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/problem/any_problem.hpp"
#include "saddle/run/exchange_slot.hpp"
#include "saddle/run/instruction.hpp"
#include "saddle/run/run_state.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a run is, in words and numbers, for reports and checkpoints.
struct run_description {
  std::string optimizer, compressor, compression, topology;  // compression: with what is kept beside it
  saddle::feedback feedback = saddle::feedback::none;
  std::string details{};  // the fields that decide what is sent and kept
};

/// A step of a run, behind four calls. The order of its operations is known here and nowhere else.
template <class T>
class any_walk {
 public:
  virtual ~any_walk() = default;
  virtual executor_memory& memory() = 0;
  virtual bucket_layout layout() const = 0;  // for the host
  /// Allocates all arrays and connects them. The weights begin at w0; gradients go to `lent`, one a hosted worker,
  /// where that is not empty.
  virtual void bind(run_state<T>& run, any_problem<T> const& problem, std::span<T const> w0,
                    std::span<point<T> const> lent) = 0;
  /// The gradients of hosted workers go elsewhere from now on.
  virtual void lend(std::span<point<T> const> lent) = 0;
  /// Before a step: all that its kernels need to know.
  virtual void prepare() = 0;
  /// The step: an executor may record it, once for each kind.
  virtual void launch() = 0;
  /// Whether an array is a public copy that others hold too, and those that are held here, of workers elsewhere.
  virtual bool mixes_copies(std::string const& array) const = 0;
  virtual std::vector<std::pair<int, T*>> distant_copies(std::string const& array) const = 0;
  /// Before the first step that loads or runs: public copies are allocated for whoever is heard.
  virtual void plan_first() = 0;
  virtual run_description describe() const = 0;
  virtual bool has_server() const = 0;
  virtual bool serves_whole() const = 0;  // what goes down is selected across buckets
};

/// What of the policies no instruction has.
template <class T, class Engine>
struct compiled_policies {
  std::shared_ptr<void const> policies;
  std::span<instruction<T, Engine> const> code;
  int rounds = 1;
  bool varies = false, has_server = false;
  bool (*takes_part)(void const* policies, std::int64_t step, int worker, int workers) = nullptr;
  run_description (*describe)(void const* policies, bucket_layout const& layout) = nullptr;
};

template <class T, class Executor, bool Distributed>
class walk final : public any_walk<T> {
  using engine = typename Executor::engine;
  using slot = exchange_slot<T, engine, Distributed>;
  using arguments = launch_arguments<T, engine>;
  template <class U>
  using array = typename engine::template array<U>;
  template <class U>
  using staged = typename engine::template staged<U>;

 public:
  walk(Executor const& how, tensor_layout tensors, compiled_policies<T, engine> compiled)
      : engine_(how), memory_(engine_), tensors_(std::move(tensors)), compiled_(std::move(compiled)) {
    places_ = engine_.template allocate<placed_tensor>(tensors_.places().size());
    if (!tensors_.places().empty())
      engine_.write(places_.data(), tensors_.places().data(), tensors_.places().size());
    layout_ = tensors_.seen_at(places_.data());
    void const* const policies = compiled_.policies.get();
    for (instruction<T, engine> const& code : compiled_.code) {
      if (code.holds != nullptr && code.is_constant && !code.holds(policies, 1)) continue;
      operation& op = operations_.emplace_back();
      op.code = &code;
      op.repeats = code.repeats == nullptr ? 1 : std::max(code.repeats(policies), 0);
      if (code.exchange != nullptr) op.exchange = slot_of(*code.exchange);
      if (code.what == action::receive)
        for (std::size_t i = 0; i + 1 < operations_.size(); ++i)
          if (operations_[i].code->what == action::send && operations_[i].exchange == op.exchange &&
              operations_[i].code->player == code.player)
            op.sent_by = static_cast<int>(i);
    }
  }

  executor_memory& memory() override { return memory_; }
  bucket_layout layout() const override { return tensors_.on_host(); }
  bool has_server() const override { return compiled_.has_server; }
  bool serves_whole() const override {
    for (auto const& s : slots_)
      if (s->code.selects_down) return true;
    return false;
  }
  run_description describe() const override { return compiled_.describe(compiled_.policies.get(), layout()); }

  void bind(run_state<T>& run, any_problem<T> const& problem, std::span<T const> w0,
            std::span<point<T> const> lent) override {
    run_ = &run;
    problem_ = &problem;
    declare();
    auto const d = static_cast<std::size_t>(run.layout.padded());
    lend_arrays(lent);
    run.arrays.allocate(memory_, d, run.hosted());
    T const* start = nullptr;  // the first array that begins there
    for (auto& [name, a] : run.arrays)
      if (a.at_weights)
        for (auto const& there : a.at) {
          if (start == nullptr) memory_.write(there[0], w0.data(), d);
          else memory_.copy(there[0], start, d);
          start = there[0];
        }
    allocate_tables();
    for (auto const& s : slots_) s->bind(run, engine_);
    std::size_t bytes = 0, samples = 0;
    for (operation& op : operations_) {
      bind_rows(op);
      op.rounds = op.code->what == action::receive ? op.exchange->rounds() : 1;
      op.data = bytes;
      op.stride = round_up_to_16(op.code->data_bytes);
      bytes += op.stride * op.times();
      if (op.code->what == action::receive) {
        op.again = bytes;
        op.again_stride = round_up_to_16(op.exchange->code.again_bytes);
        bytes += op.again_stride * op.times();
      }
      op.samples = samples;
      if (op.code->what == action::gradient) samples += static_cast<std::size_t>(op.repeats * run.hosted());
      op.exchanges.resize(static_cast<std::size_t>(op.repeats));
    }
    data_.resize(engine_, bytes + 16);
    samples_.resize(engine_, samples + 1);
    step_number_.resize(engine_, 1);
  }

  void lend(std::span<point<T> const> lent) override {
    lend_arrays(lent);
    for (operation& op : operations_) bind_rows(op);
    engine_.forget_recordings();
  }

  void prepare() override {
    run_state<T>& run = *run_;
    void const* const policies = compiled_.policies.get();
    time_model* const model = run.link.model();
    find_absent(model);
    bool const replan = compiled_.varies || !is_planned_ || planned_without_ != run.absent;
    if (replan) ++plans_;
    kind_ = 0;
    gradients_of_step_ = 0;
    is_in_flight_ = serves_ = false;
    for (std::size_t i = 0; i < operations_.size(); ++i)
      if (auto const holds = operations_[i].code->holds; holds == nullptr || holds(policies, run.step))
        kind_ |= std::uint64_t{1} << i;
    each_operation([&](operation& op, int repetition) {
      iteration const now{run.step, repetition, 0, op.rounds};
      switch (op.code->what) {
        case action::gradient: prepare_gradient(op, now, model); break;
        case action::local:
        case action::measure: write_data(op, now, {run.seed, 0}); break;
        case action::mix_scalars: plan_exchange(*op.exchange); break;
        case action::send:
          op.exchanges[static_cast<std::size_t>(repetition)] = run.exchange;
          write_data(op, now, {run.seed, run.exchange});
          run.exchange += static_cast<std::uint64_t>(op.exchange->rounds());
          is_in_flight_ = true;
          break;
        case action::receive: prepare_receive(op, now, model); break;
      }
    });
    is_planned_ = true;
    planned_without_ = run.absent;
    step_number_[0] = run.step;
    data_.publish(engine_);
    samples_.publish(engine_);
    step_number_.publish(engine_);
    absent_.publish(engine_);
    for (auto const& s : slots_) s->publish(engine_);
  }

  void launch() override {
    run_state<T>& run = *run_;
    int const kind = number_of_kind();
    section_ = kind * most_sections_;
    auto const all = [this] {
      section([this] { engine_.once(forget_non_finite{run_->lowest, run_->workers() + 1, run_->skips_there, run_->hosted()}); });
      each_operation([this](operation& op, int repetition) { launch(op, repetition); });
      section([this] {
        engine_.once(note_non_finite{step_number_.there(), run_->lowest, run_->workers() + 1, run_->log});
      });
    };
    if (run.link.is_local() && problem_->repeats()) engine_.replay(kind, all);
    else all();
    // Whoever was not there hears of a server's weights, and its look-ahead is at rest there.
    if (serves_)
      if (named_array<T> const* const h = run.arrays.find("h"); h != nullptr && h->whose() == owner::workers)
        for (int const m : run.absent)
          if (run.is_hosted(m))
            memory_.copy(h->of(m - run.first()), run.arrays["w"].of(m - run.first()), h->size);
  }

  bool mixes_copies(std::string const& array) const override {
    for (auto const& s : slots_)
      if (s->code.mixes_copies && s->name_of("copy") == array) return true;
    return false;
  }
  void plan_first() override {
    for (auto const& s : slots_)
      if (s->code.mixes_copies) s->plan(*run_, engine_, 1);
  }
  std::vector<std::pair<int, T*>> distant_copies(std::string const& array) const override {
    std::vector<std::pair<int, T*>> all;
    for (auto const& s : slots_)
      if (s->code.mixes_copies && s->name_of("copy") == array)
        for (copy_elsewhere<T> const& one : s->distant_copies()) all.emplace_back(static_cast<int>(one.worker), one.copy);
    return all;
  }

 private:
  /// An instruction that is bound to the arrays of this run.
  struct operation {
    instruction<T, engine> const* code = nullptr;
    slot* exchange = nullptr;
    int repeats = 1, rounds = 1, rows = 0, sent_by = -1;
    row_table<T, engine> table{};
    std::size_t data = 0, stride = 0, again = 0, again_stride = 0;  // in the data of a step
    std::size_t samples = 0;
    std::vector<std::uint64_t> exchanges{};  // of the first round, of each repetition

    std::size_t times() const { return static_cast<std::size_t>(repeats * rounds); }
    std::size_t time(int repetition, int round) const { return static_cast<std::size_t>(repetition * rounds + round); }
  };
  static std::size_t round_up_to_16(std::size_t n) { return (n + 15) / 16 * 16; }

  slot* slot_of(slot_code<T, engine> const& code) {
    for (auto const& s : slots_)
      if (s->name_of("") == std::string(code.subject) + ".") {
        expects(&s->code == &code, "trainer: two exchanges of one vector by different rules");
        return s.get();
      }
    return slots_.emplace_back(std::make_unique<slot>(code, compiled_.policies.get(), compiled_.rounds)).get();
  }

  // ---- Before the first step ----

  void declare() {
    named_arrays<T>& all = run_->arrays;
    for (int pass = 0; pass < 3; ++pass)  // what is a worker's own spreads
      for (operation const& op : operations_) {
        instruction<T, engine> const& code = *op.code;
        char const* const subject = code.exchange == nullptr ? "w" : code.exchange->subject;
        switch (code.what) {
          case action::gradient:
            all.declare(code.at.text, code.at);
            all.declare(code.into.text, code.into).by_workers = true;
            break;
          case action::local: all.declare(subject, code.uses, owner::everyone, true); break;
          case action::measure: all.declare(subject, code.uses, owner::workers, false); break;
          case action::mix_scalars: break;
          case action::send: all.declare(subject, code.uses, owner::workers, false); break;
          case action::receive:
            all.declare(subject, code.uses, code.exchange->averages ? owner::everyone : owner::workers, false);
            break;
        }
        if (op.exchange != nullptr) op.exchange->declare(*run_);
        if (code.what == action::measure) {
          named_array<T>& scalars = all.declare("scalars", {"scalars", false, false, true, false, true, true});
          scalars.by_workers = true;
        }
      }
    for (auto const& [name, a] : all)
      expects(!a.by_workers || !a.by_all,
              [&, &n = name] { return "trainer: " + n + " is written by each worker and by all of them together"; });
  }
  void lend_arrays(std::span<point<T> const> lent) {
    lent_.assign(lent.begin(), lent.end());
    named_arrays<T>& all = run_->arrays;
    if (all.find("g") == nullptr) return;
    named_array<T>& g = all["g"];
    bool const some = std::ranges::any_of(lent, [](point<T> const& p) { return !p.min.empty() || !p.max.empty(); });
    if (!some) return;
    g.by_workers = true;
    g.size = static_cast<std::size_t>(run_->layout.padded());
    bool const is_first = g.at.empty();
    for (std::size_t m = 0; m < lent.size(); ++m) {
      point<T> const& one = lent[m];
      if (one.min.empty() && one.max.empty()) {
        if (is_first) {
          T* const own = memory_.template allocate<T>(g.size);
          g.at.push_back({own, own});
        }
        continue;
      }
      // Where coordinate 0 would lie of an array that begins with the maximizing player's.
      auto* const max = reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(one.max.data()) -
                                             static_cast<std::uintptr_t>(run_->layout.begin_of(1)) * sizeof(T));
      if (is_first) g.at.push_back({one.min.data(), max});
      else g.at[m] = {one.min.data(), max};
    }
  }
  void allocate_tables() {
    run_state<T>& run = *run_;
    auto const hosted = static_cast<std::size_t>(run.hosted()), everyone = static_cast<std::size_t>(run.workers());
    lowest_ = engine_.template allocate<std::int64_t>(everyone + 1);
    skips_ = engine_.template allocate<char>(hosted);
    log_ = engine_.template allocate<skipped_steps>(1);
    skipped_steps const none{};
    engine_.write(log_.data(), &none, 1);
    absent_.resize(engine_, hosted);
    run.lowest = lowest_.data();
    run.log = log_.data();
    run.absent_there = absent_.there();
    run.skips_there = skips_.data();
    int measures = 0;
    bool selects = false;
    for (operation const& op : operations_) {
      measures += op.code->what == action::measure ? 1 : 0;
      selects |= op.exchange != nullptr && (op.exchange->code.selects_up || op.exchange->code.selects_down);
    }
    if (selects) selection_.reserve(engine_, layout_.buckets());
    if (measures == 0) return;
    sums_ = engine_.template allocate<T>(hosted * static_cast<std::size_t>(layout_.buckets()));
    scalars_ = engine_.template allocate<T>(everyone * run.most_scalars);
    mixed_scalars_ = engine_.template allocate<T>(everyone * run.most_scalars);
    run.scalars = scalars_.data();
    named_array<T>& named = run.arrays["scalars"];
    named.size = static_cast<std::size_t>(run.most_scalars);
    named.at.clear();
    for (std::size_t m = 0; m < hosted; ++m) {
      T* const there = run.scalars + (static_cast<std::size_t>(run.first()) + m) * named.size;
      named.at.push_back({there, there});
    }
  }
  /// Once, where all that is written is; otherwise a row for each hosted worker.
  void bind_rows(operation& op) {
    run_state<T>& run = *run_;
    instruction<T, engine> const& code = *op.code;
    if (code.what == action::gradient || code.what == action::mix_scalars) return;
    char const* const subject = code.exchange == nullptr ? "w" : code.exchange->subject;
    bool own = code.what == action::send || code.what == action::measure ||
               (code.what == action::receive && !code.exchange->averages), stores = false;
    for (array_use const& one : code.uses) {
      own |= one.stored && run.arrays[one.in(subject)].whose() == owner::workers;
      stores |= one.stored;
    }
    if (code.what == action::receive && code.exchange->averages) own = false;
    op.rows = own || !stores ? run.hosted() : 1;
    if (code.what == action::receive && code.exchange->averages) op.rows = 1;
    op.table.bind(engine_, code.uses.size(), op.rows, run.first(), run.scalars, run.most_scalars,
                  [&](std::size_t i, int m, int player) { return run.arrays[code.uses[i].in(subject)].of(m, player); });
  }

  // ---- Before a step ----

  void find_absent(time_model* model) {
    run_state<T>& run = *run_;
    if (model != nullptr) {
      auto const absent = model->begin_step(run.step);
      run.absent.assign(absent.begin(), absent.end());
    } else if (compiled_.takes_part != nullptr) {
      run.absent.clear();
      for (int m = 0; m < run.workers(); ++m)
        if (!compiled_.takes_part(compiled_.policies.get(), run.step, m, run.workers())) run.absent.push_back(m);
    }
    for (int m = 0; m < run.hosted(); ++m) absent_[static_cast<std::size_t>(m)] = run.is_absent(run.first() + m) ? 1 : 0;
  }
  /// f(operation, repetition) in order, for those that belong to the kind of this step.
  template <class F>
  void each_operation(F const& f) {
    for (std::size_t i = 0; i < operations_.size();) {
      int const group = operations_[i].code->group;
      std::size_t end = i + 1;
      while (group != 0 && end < operations_.size() && operations_[end].code->group == group) ++end;
      for (int r = 0; r < operations_[i].repeats; ++r)
        for (std::size_t k = i; k < end; ++k)
          if (kind_ >> k & 1) f(operations_[k], r);
      i = end;
    }
  }
  void write_data(operation& op, iteration const& now, exchange_facts const& facts) {
    op.code->make(compiled_.policies.get(), now, facts, &data_[op.data + op.stride * op.time(now.repetition, now.round)]);
  }
  void prepare_gradient(operation& op, iteration const& now, time_model* model) {
    run_state<T>& run = *run_;
    int const draw = op.code->draw(compiled_.policies.get(), now);
    for (int m = 0; m < run.hosted(); ++m)
      samples_[op.samples + static_cast<std::size_t>(now.repetition * run.hosted() + m)] =
          sample{run.seed, run.first() + m, run.step, draw};
    ++run.gradients;
    if (model != nullptr) model->compute(gradients_of_step_, is_in_flight_);
    ++gradients_of_step_;
  }
  void plan_exchange(slot& s) {
    if (std::exchange(s.planned, plans_) != plans_) s.plan(*run_, engine_, run_->step);
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
    std::uint64_t const first =
        operations_[static_cast<std::size_t>(op.sent_by)].exchanges[static_cast<std::size_t>(now.repetition)];
    message_bytes const up = s.up->bytes(run.layout, op.code->player);
    for (now.round = 0; now.round < op.rounds; ++now.round) {
      exchange_facts const facts{run.seed, first + static_cast<std::uint64_t>(now.round)};
      write_data(op, now, facts);
      if (now.round > 0)
        s.code.make_again(compiled_.policies.get(), now, facts,
                          &data_[op.again + op.again_stride * op.time(now.repetition, now.round)]);
      std::int64_t sent = run.workers() - static_cast<std::int64_t>(run.absent.size());  // to a server
      if (s.code.averages) {
        message_bytes const down = s.down->bytes(run.layout, op.code->player);
        run.downlink += {sent * down.total, sent * down.payload};
        if (model != nullptr) model->serve(up.total, down.total);
      } else {
        sent = static_cast<std::int64_t>(s.transfers(now.round).size());
        if (model != nullptr) model->gossip(s.transfers(now.round), up.total);
      }
      run.uplink += {sent * up.total, sent * up.payload};
    }
    is_in_flight_ = false;
    serves_ |= s.code.averages && s.name_of("") == "w.";
  }

  // ---- The step ----

  /// What runs from one exchange with other processes to the next.
  template <class F>
  void section(F const& f) {
    if (run_->link.is_local() || !Distributed) f();  // part of the whole step, which is recorded as one
    else {
      ++section_;
      engine_.replay(section_, f);
    }
  }
  arguments arguments_of(operation const& op) {
    run_state<T>& run = *run_;
    arguments a;
    a.layout = layout_;
    a.on_host = &run.layout;
    a.part = layout_.of(op.code->player);
    a.rows = op.rows;
    a.table = op.table.data();
    bool const shared = op.rows == 1 && (run.hosted() > 1 || is_shared(op));
    if (!shared && !op.code->for_absent) a.absent = run.absent_there;
    if (!op.code->in_any_case) a.skips = run.skips_there;
    // What all share is nobody's but the server's.
    a.non_finite = run.lowest + (shared ? run.workers() : run.first());
    a.selection = &selection_;
    return a;
  }
  bool is_shared(operation const& op) const {
    if (op.code->what == action::receive) return op.code->exchange->averages;
    if (op.code->what != action::local) return false;
    for (array_use const& one : op.code->uses)
      if (one.stored && run_->arrays[one.in("w")].whose() == owner::workers) return false;
    return true;
  }
  exchange_facts const* facts_at(std::size_t begin, std::size_t stride, std::size_t time) {
    return reinterpret_cast<exchange_facts const*>(data_.there() + begin + stride * time);
  }
  void launch(operation& op, int repetition) {
    switch (op.code->what) {
      case action::gradient: launch_gradient(op, repetition); break;
      case action::local: {
        arguments a = arguments_of(op);
        a.now = facts_at(op.data, op.stride, op.time(repetition, 0));
        if (a.part.first < a.part.last) section([&] { op.code->launch(engine_, a); });
        break;
      }
      case action::measure: launch_measure(op, repetition); break;
      case action::mix_scalars: launch_mix(op); break;
      case action::send: launch_send(op, repetition); break;
      case action::receive: launch_receive(op, repetition); break;
    }
  }
  void launch_gradient(operation& op, int repetition) {
    run_state<T>& run = *run_;
    named_array<T> const &at = run.arrays[op.code->at.text], &into = run.arrays[op.code->into.text];
    bool const is_g = std::string(op.code->into.text) == "g";
    auto const f = [&] {
      engine_.each(run.hosted(), [&](std::int64_t worker) {
        int const m = static_cast<int>(worker);
        if (Executor::in_host_memory && absent_[static_cast<std::size_t>(m)]) return;
        sample const* const s = samples_.there() + op.samples + repetition * run.hosted() + m;
        point<T> const own = run.split(into.of(m));
        point<T> const lent = lent_.empty() ? point<T>{} : lent_[static_cast<std::size_t>(m)];
        bool const lends = !lent.min.empty() || !lent.max.empty();
        problem_->gradient(run.split(static_cast<T const*>(at.of(m))), s, lends ? lent : own, op.code->player);
        if (lends && !is_g)
          for (int p = 0; p < 2; ++p) memory_.copy(own.of(p).data(), static_cast<T const*>(lent.of(p).data()), own.of(p).size());
      });
    };
    if (problem_->repeats()) section(f);
    else f();
  }
  void launch_measure(operation& op, int repetition) {
    run_state<T>& run = *run_;
    arguments a = arguments_of(op);
    a.now = facts_at(op.data, op.stride, op.time(repetition, 0));
    a.sums = sums_.data();
    section([&] {
      op.code->launch(engine_, a);
      engine_.once(add_sums<T>{sums_.data(), layout_.buckets(), a.part.first, a.part.last, run.hosted(),
                               run.most_scalars, op.code->scalar, run.scalars + run.first() * run.most_scalars,
                               run.absent_there});
    });
  }
  void launch_mix(operation& op) {
    run_state<T>& run = *run_;
    if constexpr (Distributed)
      if (!run.link.is_local()) share_scalars();
    section([&] {
      engine_.once(combine_scalars<T>{op.exchange->sources(0), run.scalars, mixed_scalars_.data(), run.workers(),
                                      run.first(), run.hosted(), op.exchange->targets(0), run.most_scalars,
                                      op.code->scalar});
    });
  }
  /// Those of all workers, into the table of each process.
  void share_scalars() {
    run_state<T>& run = *run_;
    std::size_t const each = static_cast<std::size_t>(run.most_scalars);
    std::vector<T> all(each * static_cast<std::size_t>(run.workers()));
    auto const of = [&](int rank) {
      auto const first = static_cast<std::size_t>(run.link.first_of(rank)), last = static_cast<std::size_t>(run.link.first_of(rank + 1));
      return std::as_writable_bytes(std::span(all).subspan(first * each, (last - first) * each));
    };
    memory_.read(all.data(), static_cast<T const*>(run.scalars), all.size());
    std::vector<parcel> sends, receives;
    for (int r = 0; r < run.link.ranks(); ++r) {
      if (r == run.link.rank()) continue;
      sends.push_back({r, of(run.link.rank())});
      receives.push_back({r, of(r)});
    }
    run.link.start({run.step, 0, {}, sends, receives});
    run.link.finish();
    memory_.write(run.scalars, static_cast<T const*>(all.data()), all.size());
  }
  void launch_send(operation& op, int repetition) {
    run_state<T>& run = *run_;
    slot& s = *op.exchange;
    arguments a = arguments_of(op);
    s.add_to(a);
    a.now = facts_at(op.data, op.stride, op.time(repetition, 0));
    if (a.part.first < a.part.last) section([&] { op.code->launch(engine_, a); });
    if constexpr (Distributed)
      if (messenger<T>* const messages = s.messages())
        messages->start_up(run.step, 0, op.exchanges[static_cast<std::size_t>(repetition)], op.code->player, s.transfers(0));
  }
  void launch_receive(operation& op, int repetition) {
    run_state<T>& run = *run_;
    slot& s = *op.exchange;
    std::uint64_t const first = operations_[static_cast<std::size_t>(op.sent_by)].exchanges[static_cast<std::size_t>(repetition)];
    for (int round = 0; round < op.rounds; ++round) {
      std::size_t const time = op.time(repetition, round);
      exchange_facts const* const now = facts_at(op.data, op.stride, time);
      arguments a = arguments_of(op);
      s.add_to(a);
      a.now = now;
      if (round > 0) {
        arguments more = a;
        more.now = facts_at(op.again, op.again_stride, time);
        more.table = s.again.data();
        more.rows = run.hosted();
        more.absent = run.absent_there;
        more.non_finite = run.lowest + run.first();
        if (a.part.first < a.part.last) section([&] { s.code.send_again(engine_, more); });
        if constexpr (Distributed)
          if (messenger<T>* const messages = s.messages())
            messages->start_up(run.step, round, first + static_cast<std::uint64_t>(round), op.code->player, s.transfers(round));
      }
      bool asks = false;  // others, for their part of the average
      if constexpr (Distributed)
        if (messenger<T>* const messages = s.messages()) {
          messages->finish();
          asks = s.code.averages;
        }
      section([&] {
        absorb(op, a);
        judge(s, round);
        relay(op, a, round);
        if (!asks) take(op, a, round);
      });
      if constexpr (Distributed)
        if (asks) {
          messenger<T>& messages = *s.messages();
          messages.start_down(run.step, round, first + static_cast<std::uint64_t>(round), op.code->player);
          messages.finish();
          section([&] {
            judge(s, round);  // the server may know of coordinates that this process has not heard of
            take(op, a, round);
          });
        }
    }
  }
  void absorb(operation& op, arguments a) {
    slot& s = *op.exchange;
    if (s.code.absorb == nullptr || s.distant() == 0 || a.part.first >= a.part.last) return;
    a.copies = s.distant_there();
    a.rows = s.distant();
    s.code.absorb(engine_, a);
  }
  /// Who of the workers skips.
  void judge(slot& s, int round) {
    engine_.once(skip_if_non_finite<T>{s.sources(round), s.targets(round), run_->lowest, run_->skips_there,
                                       run_->hosted()});
  }
  void relay(operation& op, arguments a, int round) {
    slot& s = *op.exchange;
    if (!s.relays(*run_)) return;
    s.add_server_to(a);
    a.sources = s.sources(round);
    a.non_finite = run_->lowest + run_->workers();
    a.server = static_cast<std::uint32_t>(run_->workers());
    for (bucket_range const& part : served_by(run_->link, run_->layout, s.code.selects_down, run_->link.rank(), op.code->player)) {
      a.part = part;
      s.code.relay(engine_, a);
    }
  }
  void take(operation& op, arguments a, int round) {
    slot& s = *op.exchange;
    if (a.part.first >= a.part.last) return;
    bool const relayed = s.relays(*run_);
    a.sources = s.sources(round) + (relayed ? s.targets(round) : 0);
    arguments back = a;
    if (relayed) a.compressor = a.downlink;
    if (s.code.mixes_copies) a.compressor = &dense_;
    (relayed ? op.code->launch_after_relay : op.code->launch)(engine_, a);
    if (s.code.undo_sent == nullptr) return;
    back.sources = s.sources(round);
    if constexpr (Executor::in_host_memory)
      if (!back.sources->skips) return;
    back.rows = run_->hosted();
    back.table = s.undo.data();
    back.absent = run_->absent_there;
    s.code.undo_sent(engine_, back);
  }

  static constexpr int most_sections_ = 1 << 16;  // of a kind
  static constexpr identity dense_{};

  engine engine_;
  memory_of<engine, Executor::in_host_memory> memory_;
  tensor_layout tensors_;
  compiled_policies<T, engine> compiled_;
  array<placed_tensor> places_{};
  bucket_layout layout_{};  // the kernels': its table lies where they read it
  run_state<T>* run_ = nullptr;
  any_problem<T> const* problem_ = nullptr;
  std::vector<point<T>> lent_;  // gradient buffers of the problem, of each hosted worker
  std::vector<std::unique_ptr<slot>> slots_;
  std::vector<operation> operations_;

  // In the executor's memory.
  staged<std::byte> data_;
  staged<sample> samples_;
  staged<std::int64_t> step_number_;
  staged<char> absent_;
  array<std::int64_t> lowest_{};
  array<char> skips_{};
  array<skipped_steps> log_{};
  array<T> sums_{}, scalars_{}, mixed_scalars_{};
  selection_memory<T, engine> selection_{};

  // Of a step.
  std::uint64_t kind_ = 0;
  std::vector<std::uint64_t> kinds_;
  int section_ = 0, gradients_of_step_ = 0, plans_ = 0;
  bool is_in_flight_ = false, serves_ = false, is_planned_ = false;
  std::vector<int> planned_without_;
};

SADDLE_NAMESPACE_END
