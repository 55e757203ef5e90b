#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/any_problem.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/run/checkpoint.hpp"
#include "saddle/run/collective.hpp"
#include "saddle/run/composition.hpp"
#include "saddle/run/make_walk.hpp"
#include "saddle/run/report.hpp"
#include "saddle/run/run_state.hpp"
#include "saddle/run/run_steps.hpp"
#include "saddle/run/saved_arrays.hpp"
#include "saddle/run/walk.hpp"
#include "saddle/train/arguments.hpp"
#include "saddle/train/driver_base.hpp"
#include "saddle/train/lent_gradients.hpp"
#include "saddle/train/settings.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Runs a combination of policies on a problem: the loop, the arrays, the counters. Policies are compiled into the
/// program behind it; this class is one for each coordinate type.
///
/// state   what a worker has is read with its number, as weights(m); what a server has, or all together, without one,
///         as server_memory(). All drivers name it so
/// errors  std::invalid_argument for a combination that makes no sense, sizes that do not fit; bad_checkpoint
template <class T>
class trainer : public driver_base<saddle::report> {
 public:
  /// On an executor with a memory of its own a problem has its gradients there, or points are copied to the host and
  /// gradients back.
  template <class P, class O, class C, class Tp, class Tr, class Executor>
  trainer(P p, O o, C c, Tp t, Tr const& connection, Executor const& how, settings const& s = {})
      : trainer(s, detail::connected(connection)) {
    if constexpr (detail::check_arguments<P, O, C, Tp, Tr, Executor>())
      assemble<!always_local<Tr>>(std::move(p), std::move(o), c, std::move(t), how);
  }
  /// A published system in place of its three policies.
  template <class P, class S, class Tr, class Executor>
  trainer(P p, S s, Tr const& connection, Executor const& how, settings const& more = {})
      : trainer(more, detail::connected(connection)) {
    if constexpr (detail::check_arguments_with_composition<P, S, Tr, Executor>())
      assemble<!always_local<Tr>>(std::move(p), std::move(s.optimizer), s.compressor, std::move(s.topology), how);
  }
  /// Not a trainer: says what is missing.
  template <class P, class... A>
    requires(!detail::are_so_many<settings, A...>)
  trainer(P const&, A const&...) : trainer(settings{}, std::unique_ptr<communicator>()) {
    detail::check_number_of_arguments<A...>();
  }

  /// One iteration of the optimizer on every worker. A GPU may still work on it when this returns. The problem's own
  /// gradient buffers may be others than in the step before.
  ///
  /// errors  what the problem's gradient throws; transport_error, bad_message; those of the executor. The report is
  ///         then still that of the steps before. The arrays may be halfway, so that whatever needs them throws
  ///         std::invalid_argument, until load() brings back a step that was saved
  void step() {
    expect_whole();
    auto const start = std::chrono::steady_clock::now();
    if (lent_->follow()) walk_->lend(lent_->buffers());
    run_counters const before = *run_;
    time_model* const model = link_->model();
    std::vector<double> const time = model != nullptr ? model->state() : std::vector<double>{};
    is_whole_ = false;
    try {
      ++run_->step;
      walk_->prepare();
      walk_->launch();
    } catch (...) {
      static_cast<run_counters&>(*run_) = before;
      if (model != nullptr) model->set_state(time);
      throw;
    }
    is_whole_ = true;
    static_cast<run_counters&>(report_) = *run_;
    ++report_.steps_executed;
    report_.seconds += seconds_since(start);
  }

  /// n steps; on_report(report) after each, where it is given. It may return false to stop early: see run_steps.
  template <class OnReport>
  void run(std::int64_t n, OnReport on_report) {
    run_steps(*this, n, on_report);
  }
  void run(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) step();
  }

  saddle::report report() const {
    auto const start = std::chrono::steady_clock::now();
    skipped_steps const met = skipped();
    report_.seconds += seconds_since(start);
    saddle::report r = report_now();
    r.skipped_steps = met.steps;
    if (met.coordinate != no_coordinate)
      r.non_finite = non_finite_at(run_->layout, met.latest_step, met.who, met.coordinate);
    run_description const d = walk_->describe();
    r.optimizer = d.optimizer;
    r.compressor = d.compressor;
    r.topology = d.topology;
    r.feedback = d.feedback;
    r.details = d.details;
    return r;
  }

  /// A hosted worker's weights, one contiguous span a player. They change with the next step. Of an optimizer that looks
  /// ahead (omd) the next gradient is taken elsewhere, at look_ahead(worker).
  point<T const> weights(int worker) const { return array("w", worker); }
  /// Its averaged weights; the weights themselves if nothing is averaged.
  point<T const> averaged_weights(int worker) const {
    return settings_.average == averaging::none ? weights(worker) : array("mean", worker);
  }
  /// What error feedback of a hosted worker still owes; empty spans without error feedback.
  point<T const> memory(int worker) const { return array_if_any("w.e", worker); }
  /// The point of a hosted worker's next gradient where that is not w; empty spans otherwise. A problem is asked for its
  /// gradient there, and what it sees of a loss is the loss there; to evaluate and to keep are the weights.
  point<T const> look_ahead(int worker) const { return array_if_any("h", worker); }
  /// What error feedback on the downlink still owes; empty spans without it. Where a server is sharded, a process knows
  /// its own part, and zeros elsewhere.
  point<T const> server_memory() const { return array_if_any("w.server_memory", first_worker()); }
  /// What the others know of a hosted worker: its public copy over gossip, and with ef21 the direction c that its
  /// differences have added up to. Empty spans where nothing is kept.
  point<T const> known(int worker) const { return array_if_any("w.copy", worker); }
  /// The sum of the averages of differences that all step along (ef21); empty spans without differences.
  point<T const> known_average() const { return array_if_any("w.sum", first_worker()); }
  /// Where the workers of local_steps around a server last agreed; empty spans elsewhere.
  point<T const> anchor() const { return array_if_any("w.anchor", first_worker()); }
  /// Numbers that a hosted worker's optimizer keeps for each coordinate, and one of them, from 0.
  int state_planes() const { return static_cast<int>(states_of_optimizer().size()); }
  point<T const> optimizer_state(int worker, int plane) const {
    std::vector<std::string> const all = states_of_optimizer();
    expects(plane >= 0 && plane < static_cast<int>(all.size()), "trainer: the optimizer's state has no such plane");
    return array(all[static_cast<std::size_t>(plane)], worker);
  }
  /// What the problem keeps beside the weights of a worker; empty where it has no buffers.
  std::span<T const> buffers(int worker) const {
    int const m = local(worker);
    named_array<T> const* const a = run_->arrays.find("buffers");
    return a == nullptr ? std::span<T const>{} : std::span<T const>(a->of(m), a->size);
  }
  /// Any array of the run by its name: "w", "h", "w.e", "m1", those of your own policies; and which there are.
  /// errors  std::invalid_argument: no operation of this run has it
  point<T const> array(std::string const& name, int worker) const {
    int const m = local(worker);
    return view(run_->arrays[name], m);
  }
  std::vector<std::string> array_names() const {
    std::vector<std::string> all;
    for (auto const& [name, a] : run_->arrays) all.push_back(name);
    return all;
  }
  players sizes() const { return run_->layout.sizes; }

  // On several processes the following are collective: all of them make the same call.

  /// A checksum of all workers' weights, in the order of the workers.
  std::uint64_t digest() const {
    checksum sum;
    for (int m = 0; m < workers(); ++m)
      for (int p = 0; p < 2; ++p)
        if (is_hosted(m)) sum.add(weights(m).of(p));
        else sum.leave_out(static_cast<std::size_t>(sizes().of(p)) * sizeof(T));
    return sum.value_of(together().sum(sum.part()));
  }
  /// Writes everything that determines the future of the run, whatever the number of processes, to a file of rank 0; see
  /// checkpoint_writer.
  void save(std::string const& path) const {
    expect_whole();
    auto const add_head = [this](checkpoint_writer& out) {
      run_counters now = report_;
      now.skipped_steps = skipped().steps;
      save_head(out, description(), problem_->identity(), now);
      save_time(out);
    };
    collective all = together();
    saddle::save_arrays(path, all, add_head, *run_, walk_->serves_whole());
  }
  /// Continues the run that was saved, as if it had never stopped, on any number of processes. On an error nothing has
  /// changed. Processes one of whose steps threw may have messages under way, and cannot do this.
  void load(std::string const& path) {
    if (!link_->is_local()) expect_whole();
    run_counters then;
    std::vector<double> time;
    auto const read_head = [&](checkpoint_reader& in) {
      then = saved_head(in, description(), problem_->identity());
      time = saved_time(in);
    };
    collective all = together();
    auto const values = saddle::load_arrays(path, all, read_head, *run_, *walk_);
    all.share(then);

    is_whole_ = false;  // if one of these throws
    for (auto const& [there, v] : values) run_->memory.write(there, v.data(), v.size());
    skipped_steps const met{.steps = then.skipped_steps};
    run_->memory.write(run_->log, &met, 1);
    set_time(time);
    static_cast<run_counters&>(*run_) = then;
    count_from(then);
    is_whole_ = true;
  }

 private:
  void expect_whole() const {
    expects(is_whole_, "trainer: a step threw, and left the arrays halfway: load a checkpoint, or begin anew");
  }
  skipped_steps skipped() const {
    skipped_steps met;
    run_->memory.read(&met, static_cast<skipped_steps const*>(run_->log), 1);
    return met;
  }

  /// What the constructors of all combinations share.
  trainer(settings const& s, std::unique_ptr<communicator> connected)
      : driver_base(std::move(connected)), settings_(s) {
    expects(link_->first() >= 0 && link_->hosted() >= 1 && link_->first() + link_->hosted() <= link_->workers(),
            "trainer: a process hosts at least one worker, of those that there are");
    settings_.check();
  }
  template <bool Distributed, class P, class O, class C, class Tp, class Executor>
  void assemble(P p, O o, C c, Tp t, Executor const& how) {
    static_assert(std::same_as<typename P::scalar, T>, "the problem's scalar is the trainer's");
    if constexpr (is_sound<O, C, Tp, T>)
      static_assert(gives_full_batches<P> || !draws_full_batches<policies<T, O, C, Tp>>,
                    "these policies take gradients of full batches, sample.draw == full_batch: the problem needs "
                    "has_full_batches = true, and to answer them with the mean over all of a worker's data");
    Executor const shared = opened(how);
    tensor_sizes const tensors = take(std::move(p), shared);
    walk_ = make_walk<Distributed>(policies<T, O, C, Tp>{constants(Distributed), std::move(o), std::move(c), std::move(t)},
                                   shared, link_->workers(), problem_->sizes(), tensors);
    begin();
  }
  template <class P, class Executor>
  tensor_sizes take(P p, Executor const& shared) {
    players const sizes = p.sizes();
    expects(sizes.min >= 0 && sizes.max >= 0 && sizes.size() > 0, "trainer: the problem has no coordinates");
    tensor_sizes tensors = saddle::tensors_of(p, settings_.grouping, "trainer");
    problem_ = erased_for<Executor>::make(shared, std::move(p));
    return tensors;
  }
  run_constants<T> constants(bool distributed) const {
    expects(distributed || link_->is_local(), "trainer: the transport says is_local, and connects several processes");
    settings_.check(problem_->sizes());
    return settings_.template constants<T>();
  }
  void begin() {
    expects(link_->workers() <= problem_->most_workers(), [&] {
      return "trainer: " + std::to_string(link_->workers()) + " workers, but the problem has data for " +
             std::to_string(problem_->most_workers());
    });
    bool const serves = walk_->has_server();
    expects(link_->server() == server_place::sharded || serves,
            "trainer: the transport has a place for the server, and over gossip there is none");
    if (time_model const* const model = link_->model()) model->expect_use({serves, !serves, walk_->adds_up()});
    run_.reset(new run_state<T>{{}, *link_, walk_->memory(), settings_.seed, walk_->layout()});
    lent_.emplace(*problem_, run_->layout.sizes, first_worker(), hosted_workers());
    std::vector<T> const w0 = initial_weights();
    walk_->bind(*run_, *problem_, settings_.buffers, w0, lent_->buffers());
    agree("trainer", description() + " " + problem_->identity(), std::span(w0));
    walk_->plan_first();
  }

  /// Where the problem begins, inside of the boxes.
  std::vector<T> initial_weights() const {
    std::vector<T> w(static_cast<std::size_t>(run_->layout.padded()), T(0));
    problem_->initial(settings_.seed, run_->split(w.data()));
    for (int p = 0; p < 2; ++p) {
      box const& limits = settings_.box_of(p);
      for (T& x : run_->split(w.data()).of(p)) x = clamped(x, bound_in<T>(limits.lo), bound_in<T>(limits.hi));
    }
    return w;
  }
  std::string description() const {
    run_description const d = walk_->describe();
    return d.optimizer + " " + d.compression + " " + d.topology + " workers=" + std::to_string(link_->workers()) +
           " coordinates=" + std::to_string(sizes().min) + "+" + std::to_string(sizes().max) +
           " scalar=" + std::to_string(sizeof(T)) + " seed=" + std::to_string(settings_.seed) +
           " average=" + settings_.averaging_name() + " " + d.details + walk_->describe_buffers() +
           (settings_.problem.empty() ? "" : " problem=" + settings_.problem) + model_name();
  }

  int local(int worker) const {
    expects(is_hosted(worker), "trainer: this process does not host that worker");
    return worker - first_worker();
  }
  std::vector<std::string> states_of_optimizer() const {
    std::vector<std::string> all;
    for (auto const& [name, a] : run_->arrays)
      if (a.of_optimizer) all.push_back(name);
    return all;
  }
  point<T const> array_if_any(std::string const& name, int worker) const {
    int const m = local(worker);
    named_array<T> const* const a = run_->arrays.find(name);
    return a == nullptr ? point<T const>{} : view(*a, m);
  }
  /// Where the host can read it: itself, or a copy that lasts until the next one of it.
  point<T const> view(named_array<T> const& a, int m) const {
    expect_whole();
    T const* there = a.of(m);
    if (!run_->memory.on_host()) {
      std::vector<T>& copy = copies_[there];
      copy.resize(a.size);
      run_->memory.read(copy.data(), there, a.size);
      there = copy.data();
    }
    // What is no vector of coordinates, the scalars, has no players.
    if (a.size != static_cast<std::size_t>(run_->layout.padded())) return {std::span<T const>(there, a.size), {}};
    return run_->split(there);
  }

  settings settings_;
  std::unique_ptr<any_walk<T>> walk_;  // the owner of the memory that the following point to
  std::unique_ptr<any_problem<T>> problem_;
  std::unique_ptr<run_state<T>> run_;
  std::optional<lent_gradients<T>> lent_;
  mutable std::map<T const*, std::vector<T>> copies_;
  bool is_whole_ = true;  // no step was left halfway
};

template <class P, class... Rest>
trainer(P, Rest...) -> trainer<typename detail::scalar_of<P>::type>;
// With settings in braces.
template <class P, class S, class Tr, class Executor>
trainer(P, S, Tr, Executor, settings) -> trainer<typename detail::scalar_of<P>::type>;
template <class P, class O, class C, class Tp, class Tr, class Executor>
trainer(P, O, C, Tp, Tr, Executor, settings) -> trainer<typename detail::scalar_of<P>::type>;

SADDLE_NAMESPACE_END

#ifdef SADDLE_COMPILED
#include "saddle/compiled.hpp"
#endif
