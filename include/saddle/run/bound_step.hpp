#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/executor/memory.hpp"
#include "saddle/kernel/non_finite.hpp"
#include "saddle/problem/any_problem.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/run/any_walk.hpp"
#include "saddle/run/exchange_slot.hpp"
#include "saddle/run/instruction.hpp"
#include "saddle/run/run_state.hpp"

SADDLE_NAMESPACE_BEGIN

/// What of the policies no instruction has.
template <class T, class Engine>
struct compiled_policies {
  std::unique_ptr<void const, void (*)(void const*)> owner;
  policy_values values{};
  std::span<instruction<T, Engine> const> code{};
  int rounds = 1;
  bool varies = false, has_server = false, amplifies = false, needs_everyone = false, separates_players = false;
  /// As which players a worker takes no part; null where all do.
  char (*absence)(void const* policies, std::int64_t step, int worker, int workers) = nullptr;
  run_description (*describe)(void const* policies, bucket_layout const& layout) = nullptr;
};

/// The operations of a step, bound to the arrays of a run: what a walk goes through.
template <class T, class Executor, bool Distributed>
class bound_step {
 public:
  using scalar = T;
  using engine_type = typename Executor::engine;
  static constexpr bool distributed = Distributed, in_host_memory = Executor::in_host_memory;
  using slot = exchange_slot<T, engine_type, Distributed>;
  using arguments = launch_arguments<T, engine_type>;
  using launch_function = typename instruction<T, engine_type>::launch_function;
  template <class U>
  using array = typename engine_type::template array<U>;
  template <class U>
  using staged = typename engine_type::template staged<U>;

  /// An instruction that is bound to the arrays of this run.
  struct operation {
    instruction<T, engine_type> const* code = nullptr;
    slot* exchange = nullptr;
    int repeats = 1, rounds = 1, rows = 0;
    row_table<T, engine_type> table{};
    std::size_t data = 0, stride = 0, again = 0, again_stride = 0;  // in the data of a step
    std::size_t samples = 0;
    std::vector<std::uint64_t> exchanges{};  // the number of the first round, of each repetition

    std::size_t times() const { return static_cast<std::size_t>(repeats * rounds); }
    std::size_t time(int repetition, int round) const { return static_cast<std::size_t>(repetition * rounds + round); }
  };

  bound_step(Executor const& how, tensor_layout tensors, compiled_policies<T, engine_type> compiled)
      : engine(how), memory(engine), tensors_(std::move(tensors)), policies(std::move(compiled)) {
    places_ = engine.template allocate<placed_tensor>(tensors_.places().size());
    if (!tensors_.places().empty())
      engine.write(places_.data(), tensors_.places().data(), tensors_.places().size());
    layout = tensors_.seen_at(places_.data());
    void const* const values = policies.values.all;
    for (instruction<T, engine_type> const& code : policies.code) {
      if (code.holds != nullptr && code.is_constant && !code.holds(values, 1)) continue;
      operation& op = operations.emplace_back();
      op.code = &code;
      op.repeats = code.repeats == nullptr ? 1 : std::max(code.repeats(values), 0);
      if (code.exchange != nullptr) op.exchange = slot_of(*code.exchange);
    }
  }

  bucket_layout layout_on_host() const { return tensors_.on_host(); }
  /// Allocates all arrays and tables. The weights begin at w0; gradients go to `buffers`, where they are not empty.
  void bind(run_state<T>& of, std::span<T const> w0, std::span<point<T> const> buffers) {
    run_ = &of;
    run_state<T>& run = of;
    declare();
    auto const d = static_cast<std::size_t>(run.layout.padded());
    lend_arrays(buffers);
    run.arrays.allocate(memory, d, run.hosted());
    T const* start = nullptr;  // the first array that begins there
    for (auto& [name, a] : run.arrays)
      if (a.at_weights)
        for (auto const& there : a.at) {
          if (start == nullptr) memory.write(there[0], w0.data(), d);
          else memory.copy(there[0], start, d);
          start = there[0];
        }
    allocate_tables();
    for (auto const& s : slots) s->bind(run, engine);
    std::size_t bytes = 0, draws = 0;
    for (operation& op : operations) {
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
      op.samples = draws;
      if (op.code->what == action::gradient) draws += static_cast<std::size_t>(op.repeats * run.hosted());
      op.exchanges.resize(static_cast<std::size_t>(op.repeats));
    }
    data.resize(engine, bytes + 16);
    samples.resize(engine, draws + 1);
    step_number.resize(engine, 1);
  }
  /// Each array at which gradients are taken, once, however many of a step are taken there.
  void bind_weights(any_problem<T>& problem) const {
    run_state<T>& run = *run_;
    for (int m = 0; m < run.hosted(); ++m) {
      std::set<T const*> bound;
      for (operation const& op : operations)
        if (op.code->what == action::gradient)
          if (T* const at = run.arrays[op.code->at.text].of(m); bound.insert(at).second)
            problem.bind_weights(run.first() + m, run.split(at));
    }
  }
  /// The gradients of hosted workers go elsewhere from now on.
  void lend(std::span<point<T> const> to) {
    lend_arrays(to);
    for (operation& op : operations) bind_rows(op);
    engine.forget_recordings();
  }

  /// Launches that follow one another, where each bucket needs nothing but itself. On the host they wait for each other
  /// and go through a few buckets at a time, which the next one then finds in the caches.
  void run(launch_function launch, arguments const& a) {
    if (a.part.first >= a.part.last) return;
    if constexpr (in_host_memory) waiting_.emplace_back(launch, a);
    else launch(engine, a);
  }
  void run_waiting() {
    if (waiting_.empty()) return;
    std::int64_t first = layout.buckets(), last = 0, rows = 1;
    for (auto const& [launch, a] : waiting_) {
      first = std::min(first, a.part.first);
      last = std::max(last, a.part.last);
      rows = std::max<std::int64_t>(rows, a.rows);
    }
    std::int64_t const few = coordinates_in_a_cache * engine.threads() / (rows * layout.length);
    std::int64_t const at_once = waiting_.size() == 1 ? last - first : std::max<std::int64_t>(few, 1);
    for (; first < last; first += at_once)
      for (auto [launch, a] : waiting_) {
        a.part = {std::max(a.part.first, first), std::min(a.part.last, first + at_once)};
        if (a.part.first < a.part.last) launch(engine, a);
      }
    waiting_.clear();
  }

  arguments arguments_of(operation const& op) {
    run_state<T>& run = *run_;
    arguments a;
    a.layout = layout;
    a.on_host = &run.layout;
    a.part = layout.of(op.code->player);
    a.rows = op.rows;
    a.table = op.table.data();
    bool const shared = op.rows == 1 && (run.hosted() > 1 || is_shared(op));
    if (!shared && !op.code->for_absent) a.absent = run.absent_there;
    if (!op.code->in_any_case) a.skips = run.skips_there;
    // What all share is nobody's but the server's.
    a.non_finite = run.lowest + (shared ? run.workers() : run.first());
    a.selection = &selection;
    return a;
  }
  bool is_shared(operation const& op) const {
    if (op.code->what == action::receive) return op.code->exchange->averages;
    bool const measures = op.code->what == action::measure;
    if (op.code->what != action::local && op.code->what != action::vector && !measures) return false;
    for (array_use const& one : op.code->uses)
      if ((one.stored || measures) && run_->arrays[one.in("w")].whose() == owner::workers) return false;
    return true;
  }
  exchange_facts const* facts_at(std::size_t begin, std::size_t stride, std::size_t time) {
    return reinterpret_cast<exchange_facts const*>(data.there() + begin + stride * time);
  }

  engine_type engine;
  memory_of<engine_type, Executor::in_host_memory> memory;

 private:
  static constexpr std::int64_t coordinates_in_a_cache = 1 << 19;  // of a few arrays, in the last one
  std::vector<std::pair<launch_function, arguments>> waiting_;
  tensor_layout tensors_;

 public:
  compiled_policies<T, engine_type> policies;
  bucket_layout layout{};       // the kernels': its table lies where they read it
  std::vector<point<T>> lent;   // gradient buffers of the problem, of each hosted worker
  std::vector<std::unique_ptr<slot>> slots;
  std::vector<operation> operations;

  // In the executor's memory.
  staged<std::byte> data;       // the numbers of all operations of a step
  staged<sample> samples;
  staged<std::int64_t> step_number;
  staged<char> absent;
  array<std::int64_t> lowest{};
  array<T> sums{}, mixed_scalars{};
  selection_memory<T, engine_type> selection{};

 private:
  static bool uses_scalars(instruction<T, engine_type> const& code) {
    return code.what == action::measure || code.what == action::change_scalars || code.what == action::mix_scalars;
  }
  static std::size_t round_up_to_16(std::size_t n) { return (n + 15) / 16 * 16; }

  slot* slot_of(slot_code<T, engine_type> const& code) {
    for (auto const& s : slots)
      if (s->name_of("") == std::string(code.subject) + ".") {
        expects(&s->code == &code, "trainer: two exchanges of one vector by different rules");
        return s.get();
      }
    return slots.emplace_back(std::make_unique<slot>(code, policies.values, policies.rounds)).get();
  }

  void declare() {
    named_arrays<T>& all = run_->arrays;
    for (int pass = 0; pass < 3; ++pass)  // what is a worker's own spreads
      for (operation const& op : operations) {
        instruction<T, engine_type> const& code = *op.code;
        char const* const subject = code.exchange == nullptr ? "w" : code.exchange->subject;
        switch (code.what) {
          case action::gradient:
            all.declare(code.at.text, code.at);
            all.declare(code.into.text, code.into).by_workers = true;
            break;
          case action::local:
          case action::vector: all.declare(subject, code.uses, owner::everyone, true); break;
          case action::measure: all.declare(subject, code.uses, owner::workers, false); break;
          case action::mix_scalars:
          case action::change_scalars: break;
          case action::send: all.declare(subject, code.uses, owner::workers, false); break;
          case action::receive:
            all.declare(subject, code.uses, code.exchange->averages ? owner::everyone : owner::workers, false);
            break;
        }
        if (op.exchange != nullptr) op.exchange->declare(*run_);
        if (uses_scalars(code)) {
          named_array<T>& scalars = all.declare("scalars", {"scalars", false, false, true, false, true, true});
          scalars.by_workers = true;
        }
      }
    for (auto const& [name, a] : all)
      expects(!a.by_workers || !a.by_all,
              [&, &n = name] { return "trainer: " + n + " is written by each worker and by all of them together"; });
  }
  void lend_arrays(std::span<point<T> const> to) {
    lent.assign(to.begin(), to.end());
    named_arrays<T>& all = run_->arrays;
    if (all.find("g") == nullptr) return;
    named_array<T>& g = all["g"];
    bool const some = std::ranges::any_of(to, [](point<T> const& p) { return !p.min.empty() || !p.max.empty(); });
    if (!some) return;
    g.by_workers = true;
    g.size = static_cast<std::size_t>(run_->layout.padded());
    bool const is_first = g.at.empty();
    for (std::size_t m = 0; m < to.size(); ++m) {
      point<T> const& one = to[m];
      if (one.min.empty() && one.max.empty()) {
        if (is_first) {
          T* const own = memory.template allocate<T>(g.size);
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
    lowest = engine.template allocate<std::int64_t>(everyone + 1);
    skips_ = engine.template allocate<char>(hosted);
    log_ = engine.template allocate<skipped_steps>(1);
    skipped_steps const none{};
    engine.write(log_.data(), &none, 1);
    absent.resize(engine, hosted);
    run.lowest = lowest.data();
    run.log = log_.data();
    run.absent_there = absent.there();
    run.skips_there = skips_.data();
    bool measures = false, selects = false;
    for (operation const& op : operations) {
      if (op.code->of_tensors) run.scalars_each = scalar_of_tensor(run.layout.tensors(), 0);
      measures |= uses_scalars(*op.code);
      selects |= op.exchange != nullptr && (op.exchange->code.selects_up || op.exchange->code.selects_down);
    }
    if (selects) selection.reserve(engine, layout.buckets());
    if (!measures) return;
    sums = engine.template allocate<T>(hosted * static_cast<std::size_t>(layout.buckets()));
    auto const each = static_cast<std::size_t>(run.scalars_each);
    scalars_ = engine.template allocate<T>(everyone * each);
    mixed_scalars = engine.template allocate<T>(everyone * each);
    std::vector<T> first(scalars_.size(), T(0));
    for (std::size_t m = 0; m < everyone; ++m)
      for (std::size_t p = 0; p < 2; ++p) first[m * each + first_weight + p] = T(1);
    engine.write(scalars_.data(), first.data(), first.size());
    run.scalars = scalars_.data();
    named_array<T>& named = run.arrays["scalars"];
    named.size = each;
    named.at.clear();
    for (std::size_t m = 0; m < hosted; ++m) {
      T* const there = run.scalars + (static_cast<std::size_t>(run.first()) + m) * named.size;
      named.at.push_back({there, there});
    }
  }
  /// Once, where all that is written is; otherwise a row for each hosted worker.
  void bind_rows(operation& op) {
    run_state<T>& run = *run_;
    instruction<T, engine_type> const& code = *op.code;
    if (code.what == action::gradient || code.what == action::mix_scalars) return;
    if (code.what == action::change_scalars) return;
    char const* const subject = code.exchange == nullptr ? "w" : code.exchange->subject;
    bool const stores = code.what != action::local || std::ranges::any_of(code.uses, &array_use::stored);
    op.rows = stores && is_shared(op) ? 1 : run.hosted();
    op.table.bind(engine, run.arrays, subject, code.uses, op.rows, run.first(), run.scalars, run.scalars_each);
  }

  run_state<T>* run_ = nullptr;
  array<placed_tensor> places_{};
  array<char> skips_{};
  array<skipped_steps> log_{};
  array<T> scalars_{};
};

SADDLE_NAMESPACE_END
