#pragma once
#include <algorithm>
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

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/objection.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/train/any_problem.hpp"
#include "saddle/train/arguments.hpp"
#include "saddle/train/checkpoint.hpp"
#include "saddle/train/collective.hpp"
#include "saddle/train/composition.hpp"
#include "saddle/train/fused_program.hpp"
#include "saddle/train/grouping.hpp"
#include "saddle/train/messenger.hpp"
#include "saddle/train/program.hpp"
#include "saddle/train/report.hpp"
#include "saddle/train/run_steps.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Averages of the iterates: none, wbar = t/(t+1) wbar + w/(t+1), or wbar = decay wbar + (1 - decay) w.
///
/// What is averaged is w after each step, with w_0 in it: uniform is the mean of w_0 ... w_t. Theory's rates for
/// extragradient and omd are mostly of another average, that of the look-ahead points h_1 ... h_t where gradients were
/// taken. On the bilinear game and others that are monotone both come to the solution, not equally fast.
enum class averaging { none, uniform, exponential };

struct settings {
  std::uint64_t seed = 1;
  averaging average = averaging::none;
  double decay = 0.999;
  box min_box{}, max_box{};  // constraints on the players, applied wherever w or h is written
  std::string problem{};     // a name, beside its identity(); a checkpoint of another one is refused
  saddle::grouping grouping = saddle::grouping::whole_model;

  std::string objection() const {
    return first_objection({objection_unless(decay >= 0 && decay < 1, "settings: decay", "lies in [0, 1)", decay),
                            objection_to_box("settings: min_box", min_box.lo, min_box.hi),
                            objection_to_box("settings: max_box", max_box.lo, max_box.hi)});
  }
};

/// Runs a combination of policies on a problem: the loop, the arrays, the counters. Policies are compiled into the
/// program behind it; this class is one for each coordinate type.
///
/// state   what a worker has is read with its number, as weights(m); what a server has, or all together, without one,
///         as server_memory(). All drivers name it so
/// errors  std::invalid_argument for a combination that makes no sense, sizes that do not fit; bad_checkpoint
template <class T>
class trainer {
 public:
  /// On an executor with a memory of its own a problem has its gradients there, or points are copied to the host and
  /// gradients back.
  template <class P, class O, class C, class Tp, class Tr, class Executor>
  trainer(P p, O o, C c, Tp t, Tr const& connection, Executor const& how, settings const& s = {})
      : trainer(s, detail::connected(connection)) {
    if constexpr (detail::check_arguments<P, O, C, Tp, Tr, Executor>()) {
      static_assert(std::same_as<typename P::scalar, T>, "the problem's scalar is the trainer's");
      expects(!always_local<Tr> || link_->is_local(),
              "trainer: the transport says is_local, and connects several processes");
      assemble<!always_local<Tr>>(std::move(p), std::move(o), c, std::move(t), how);
    }
  }
  /// A published system in place of its three policies.
  template <class P, class S, class Tr, class Executor>
  trainer(P p, S s, Tr const& connection, Executor const& how, settings const& more = {})
      : trainer(more, detail::connected(connection)) {
    if constexpr (detail::check_arguments_with_composition<P, S, Tr, Executor>()) {
      static_assert(std::same_as<typename P::scalar, T>, "the problem's scalar is the trainer's");
      expects(!always_local<Tr> || link_->is_local(),
              "trainer: the transport says is_local, and connects several processes");
      assemble<!always_local<Tr>>(std::move(p), std::move(s.optimizer), s.compressor, std::move(s.topology), how);
    }
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
    follow_gradient_buffers();
    counters const before = counted();
    time_model* const model = link_->model();
    std::vector<double> const time = model != nullptr ? model->state() : std::vector<double>{};
    is_whole_ = false;
    try {
      ++step_;
      plan();
      program_->publish();
      each_of_the_absent([this](int, lasting const& a, T* aside) { program_->copy(aside, a.there, a.n); });
      if (link_->is_local()) program_->replay(is_round() ? 1 : 0, [this] { run_phases(); }, problem_->repeats());
      else run_phases();
      leave_as_they_were();
    } catch (...) {
      count_from(before);
      if (model != nullptr) model->set_state(time);
      throw;
    }
    is_whole_ = true;
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
    saddle::report r = report_;
    auto const start = std::chrono::steady_clock::now();
    mishaps const met = program_->met();
    r.seconds = report_.seconds += seconds_since(start);
    r.skipped_steps = met.steps;
    if (met.coordinate != no_coordinate) {
      std::int64_t const second = program_->layout().begin_of(1);
      bool const is_max = met.coordinate >= second;
      r.non_finite = {met.latest_step, met.who,
                      is_max ? player::max : player::min, met.coordinate - (is_max ? second : 0)};
    }
    r.step = step_;
    r.wire_bytes = link_->wire_bytes();
    r.optimizer = program_->optimizer_name();
    r.compressor = program_->compressor_name();
    r.topology = program_->topology_name();
    r.feedback = program_->feedback();
    r.details = program_->details();
    if (time_model const* const model = link_->model()) r.simulated = model->report();
    return r;
  }

  /// A hosted worker's weights, one contiguous span a player. They change with the next step. Of an optimizer that looks
  /// ahead (omd) the next gradient is taken elsewhere, at look_ahead(worker).
  point<T const> weights(int worker) const { return view(fleet_.workers[local(worker)].w); }
  /// Its averaged weights; the weights themselves if nothing is averaged.
  point<T const> averaged_weights(int worker) const {
    if (settings_.average == averaging::none) return weights(worker);
    return view(averages_[demands_.shares_weights ? 0 : local(worker)]);
  }
  /// What error feedback of a hosted worker still owes; empty spans without error feedback.
  point<T const> memory(int worker) const {
    T const* const e = fleet_.workers[local(worker)].memory;
    if (e == nullptr) return {};
    return view(e);
  }
  /// The point of a hosted worker's next gradient where that is not w; empty spans otherwise. A problem is asked for its
  /// gradient there, and what it sees of a loss is the loss there; to evaluate and to keep are the weights.
  point<T const> look_ahead(int worker) const {
    T const* const h = fleet_.workers[local(worker)].h;
    if (h == nullptr) return {};
    return view(h);
  }
  /// What error feedback on the downlink still owes; empty spans without it. Where a server is sharded, a process knows
  /// its own part, and zeros elsewhere.
  point<T const> server_memory() const {
    if (!demands_.server_owes) return {};
    return view(fleet_.server_memory);
  }
  /// What the others know of a hosted worker: its public copy over gossip, and with ef21 the direction c that its
  /// differences have added up to. Empty spans where nothing is kept.
  point<T const> known(int worker) const {
    T const* const copy = fleet_.workers[local(worker)].copy;
    if (copy == nullptr || demands_.previous) return {};
    return view(copy);
  }
  /// The sum of the averages of differences that all step along (ef21); empty spans without differences.
  point<T const> known_average() const {
    T const* const sum = fleet_.workers[0].sum;
    if (sum == nullptr) return {};
    return view(sum);
  }
  /// Where the workers of local_steps around a server last agreed; empty spans elsewhere.
  point<T const> anchor() const {
    T const* const anchor = fleet_.workers[0].anchor;
    if (anchor == nullptr) return {};
    return view(anchor);
  }
  /// Numbers that a hosted worker's optimizer keeps for each coordinate, and one of them, from 0: the fields of its
  /// rule's state in their order.
  int state_planes() const { return demands_.state_planes; }
  point<T const> optimizer_state(int worker, int plane) const {
    expects(plane >= 0 && plane < demands_.state_planes, "trainer: the optimizer's state has no such plane");
    return view(fleet_.workers[local(worker)].state + plane * program_->layout().padded());
  }
  int workers() const { return link_->workers(); }
  /// This process hosts so many, from this one on.
  int first_worker() const { return fleet_.first; }
  int hosted_workers() const { return fleet_.hosted; }
  players sizes() const { return program_->layout().sizes; }

  // On several processes the following are collective: all of them make the same call.

  /// A checksum of all workers' weights, in the order of the workers.
  std::uint64_t digest() const {
    checksum sum;
    for (int m = 0; m < fleet_.all; ++m)
      for (int p = 0; p < 2; ++p)
        if (is_hosted(m)) sum.add(weights(m).of(p));
        else sum.leave_out(static_cast<std::size_t>(sizes().of(p)) * sizeof(T));
    return sum.value_of(together().sum(sum.part()));
  }
  /// Whether it is true in some process. One that is ahead waits here for the others; the report counts it.
  bool any(bool here) const {
    auto const start = std::chrono::steady_clock::now();
    bool const somewhere = together().any(here);
    report_.seconds += seconds_since(start);
    return somewhere;
  }
  /// All bytes that were put on wires.
  std::int64_t wire_bytes() const { return together().wire_bytes(); }

  /// Writes everything that determines the future of the run, whatever the number of processes, to a file of rank 0; see
  /// checkpoint_writer.
  void save(std::string const& path) const {
    expect_whole();
    std::optional<checkpoint_writer> out;
    if (link_->rank() == 0) {
      out.emplace(path);
      out->add(description());
      out->add(problem_->identity());
      counters now = counted();
      now.skipped_steps = program_->met().steps;
      out->add(now);
      if (time_model const* const model = link_->model()) out->add(std::span<double const>(model->state()));
    }
    collective all = together();
    for (lasting const& a : arrays_.everyones)
      if (out) out->add(std::span<T const>(on_host(a.there, a.n)));
    std::vector<T> distant;
    for (int m = 0; m < fleet_.all; ++m)
      for (std::size_t i = 0; i < arrays_.workers[0].size(); ++i) {
        std::span<T> values;
        if (is_hosted(m)) values = on_host(arrays_.workers[local(m)][i]);
        else if (out) values = resized(distant, arrays_.workers[0][i].n);
        all.move(link_->host_of(m), 0, std::as_writable_bytes(values));
        if (out) out->add(std::span<T const>(values));
      }
    for (lasting const& a : arrays_.servers) {
      std::span<T> const values = on_host(a);
      for (int r = 0; r < link_->ranks(); ++r)
        for (bucket_range const& part : messages_->served_by(r, phase::both))
          all.move(r, 0, std::as_writable_bytes(padded(values, part)));
      if (out) out->add(std::span<T const>(values));
    }
    all.on_first([&] { out->commit(); });
  }
  /// Continues the run that was saved, as if it had never stopped, on any number of processes. On an error nothing has
  /// changed. Processes one of whose steps threw may have messages under way, and cannot do this.
  void load(std::string const& path) {
    if (!link_->is_local()) expect_whole();
    std::optional<checkpoint_reader> in;
    counters then{};
    collective all = together();
    all.on_first([&] {
      in.emplace(path);
      then = checked(*in);
    });
    all.share(then);
    std::vector<double> time;
    if (in && link_->model() != nullptr) time = in->template get_all<double>();

    std::vector<std::pair<T*, std::vector<T>>> values;
    auto const next = [&](std::size_t n) { return in ? in->template get_all<T>() : std::vector<T>(n); };
    for (lasting const& a : arrays_.everyones) {
      std::vector<T> v = next(a.n);
      all.share(std::as_writable_bytes(std::span(v)));
      values.emplace_back(a.there, std::move(v));
    }
    for (int m = 0; m < fleet_.all; ++m)
      for (std::size_t i = 0; i < arrays_.workers[0].size(); ++i) {
        lasting const& a = arrays_.workers[is_hosted(m) ? local(m) : 0][i];
        bool const copied = a.is_copy && !link_->is_local();  // by whoever hears that worker
        bool const wanted = is_hosted(m) || copied;
        std::vector<T> v = in || wanted ? next(a.n) : std::vector<T>();
        if (copied) all.share(std::as_writable_bytes(std::span(v)));
        else all.move(0, link_->host_of(m), std::as_writable_bytes(std::span(v)));
        if (is_hosted(m)) values.emplace_back(a.there, std::move(v));
        else if (copied)
          for (auto const& [worker, copy] : messages_->distant_copies())
            if (worker == m) values.emplace_back(copy, std::move(v));
      }
    for (lasting const& a : arrays_.servers) {
      std::vector<T> v = next(a.n);
      all.share(std::as_writable_bytes(std::span(v)));
      values.emplace_back(a.there, std::move(v));
    }

    is_whole_ = false;  // if one of these throws
    for (auto const& [there, v] : values) program_->write(there, v.data(), v.size());
    program_->set_met({.steps = then.skipped_steps});
    if (time_model* const model = link_->model()) model->set_state(time);
    count_from(then);
    report_.steps_executed = 0;
    is_whole_ = true;
  }

 private:
  struct counters {
    std::int64_t step;
    std::uint64_t exchange;
    std::int64_t gradients, skipped_steps;
    message_bytes uplink, downlink;
  };
  counters counted() const {
    return {step_, exchange_, report_.gradients, 0, report_.uplink, report_.downlink};
  }
  void count_from(counters const& then) {
    step_ = then.step;
    exchange_ = then.exchange;
    report_.gradients = then.gradients;
    report_.uplink = then.uplink;
    report_.downlink = then.downlink;
    is_planned_ = false;
  }
  void expect_whole() const {
    expects(is_whole_, "trainer: a step threw, and left the arrays halfway: load a checkpoint, or begin anew");
  }
  /// What a checkpoint holds: what is the same in every process, of each hosted worker, of the server.
  struct lasting {
    T* there;
    std::size_t n;
    bool is_copy = false;
  };
  struct lasting_arrays {
    std::vector<lasting> everyones;
    std::vector<std::vector<lasting>> workers;
    std::vector<lasting> servers;
  };

  static bool is_unbounded(box const& b) { return b.lo == box{}.lo && b.hi == box{}.hi; }
  /// What the constructors of all combinations share.
  trainer(settings const& s, std::unique_ptr<communicator> connected) : settings_(s), link_(std::move(connected)) {
    expects(link_->first() >= 0 && link_->hosted() >= 1 && link_->first() + link_->hosted() <= link_->workers(),
            "trainer: a process hosts at least one worker, of those that there are");
    expect_no_objection(settings_);
    expects(settings_.average == averaging::exponential || settings_.decay == settings{}.decay,
            "settings: decay is set, and only averaging::exponential reads it");
  }
  template <bool Distributed, class P, class O, class C, class Tp, class Executor>
  void assemble(P p, O o, C c, Tp t, Executor const& how) {
    using wire = wire_compressor<C>;
    t.check(link_->workers(), !is_exact<wire>, has_memory<C>);
    players const sizes = p.sizes();
    expects(sizes.min >= 0 && sizes.max >= 0 && sizes.size() > 0, "trainer: the problem has no coordinates");
    for (int player = 0; player < 2; ++player)
      expects(sizes.of(player) > 0 || is_unbounded(player == 0 ? settings_.min_box : settings_.max_box), [&] {
        return std::string("settings: ") + (player == 0 ? "min_box" : "max_box") +
               " is set, and that player has no coordinates";
      });
    Executor const shared = opened(how);
    program_ = make_program<Distributed>(std::move(o), c, std::move(t), shared, sizes,
                                         saddle::tensors_of(p, settings_.grouping, "trainer"));
    problem_ = erased_for<Executor>::make(shared, std::move(p));
    allocate();
  }

  template <bool Distributed, class O, class C, class Tp, class Executor>
  std::unique_ptr<program<T>> make_program(O o, C c, Tp t, Executor const& how, players sizes,
                                           tensor_sizes const& tensors) const {
    constexpr bool exact = is_exact<wire_compressor<C>>;
    constexpr feedback kept = feedback_of<C>;
    using scheme = typename Tp::template scheme<exact, kept>;
    auto const make = [&]<class Scheme>(Scheme) -> std::unique_ptr<program<T>> {
      using made = fused_program<T, O, C, Tp, Scheme, Executor, Distributed>;
      return std::make_unique<made>(
          std::move(o), c, std::move(t), how, sizes, link_->is_local(),
          typename made::constants{settings_.seed, {settings_.min_box, settings_.max_box}, tensors});
    };
    if constexpr (requires { typename Tp::template late_scheme<exact, kept>; }) {
      if (t.combines_first()) return make(typename Tp::template late_scheme<exact, kept>{});
    }
    return make(scheme{});
  }

  void allocate() {
    expects(link_->workers() <= problem_->most_workers(), [&] {
      return "trainer: " + std::to_string(link_->workers()) + " workers, but the problem has data for " +
             std::to_string(problem_->most_workers());
    });
    demands_ = program_->needs();
    expects(link_->server() == server_place::sharded || demands_.averages,
            "trainer: the transport has a place for the server, and over gossip there is none");
    if (time_model const* const model = link_->model()) model->expect_use(demands_.averages, !demands_.averages);
    transfers_.resize(static_cast<std::size_t>(demands_.rounds));
    exchanges_.resize(static_cast<std::size_t>(demands_.rounds * demands_.phases));
    bucket_layout const& layout = program_->layout();
    auto const d = static_cast<std::size_t>(layout.padded());
    fleet_.first = link_->first();
    fleet_.hosted = link_->hosted();
    fleet_.all = link_->workers();
    auto const array = [&](bool used, std::size_t n, std::vector<lasting>* lasts) -> T* {
      if (!used || n == 0) return nullptr;
      T* const there = program_->allocate(n);
      if (lasts != nullptr) lasts->push_back({there, n});
      return there;
    };
    T const* start = nullptr;  // the first array that begins there
    auto const started = [&](bool used, std::vector<lasting>& lasts) {
      T* const there = array(used, d, &lasts);
      if (!used) return there;
      if (start == nullptr) begin_at(there);
      else program_->copy(there, start, d);
      start = there;
      return there;
    };
    for (int m = 0; m < fleet_.hosted; ++m) {
      bool const own = m == 0 || !demands_.shares_weights;
      std::vector<lasting>& lasts = arrays_.workers.emplace_back();
      std::vector<lasting>& with_w = demands_.shares_weights ? arrays_.everyones : lasts;
      worker_arrays<T> a;
      a.w = own ? started(true, with_w) : fleet_.workers[0].w;
      a.h = started(demands_.look_ahead, lasts);  // at rest: the first gradient is taken at w_0
      point<T> out = problem_->gradient_buffers(fleet_.first + m);
      if (is_none(out)) out = split(array(true, d, nullptr));
      else expect_sound(out, gradients_), lenders_.push_back(m);
      gradients_.push_back(out);
      read_gradients_of(a, out);
      a.memory = array(demands_.memory, d, &lasts);
      if (demands_.previous) a.copy = array(true, d, nullptr);
      else a.copy = array(true, d * static_cast<std::size_t>(demands_.copy_planes), &lasts);
      if (demands_.mixes_copies()) lasts.back().is_copy = true;
      a.anchor = m == 0 ? started(demands_.anchor, arrays_.everyones) : fleet_.workers[0].anchor;
      a.sum = m == 0 ? array(demands_.sum, d, &arrays_.everyones) : fleet_.workers[0].sum;
      a.state = m == 0 || !demands_.shares_state
                    ? array(true, d * static_cast<std::size_t>(demands_.state_planes),
                            demands_.shares_state ? &arrays_.everyones : &lasts)
                    : fleet_.workers[0].state;
      a.plane = layout.padded();
      a.outgoing = demands_.outgoing ? array(true, d, nullptr) : a.memory;
      fleet_.workers.push_back(a);
      if (own && settings_.average != averaging::none) averages_.push_back(started(true, with_w));
      fleet_.outgoing.push_back(program_->planes(
          way::up, program_->allocate_bytes(static_cast<std::size_t>(program_->planes_bytes(way::up)))));
    }
    fleet_.server_memory = array(demands_.server_memory, d, &arrays_.servers);
    if (demands_.relays)
      fleet_.server_message = program_->planes(
          way::down, program_->allocate_bytes(static_cast<std::size_t>(program_->planes_bytes(way::down))));
    program_->bind(fleet_);
    messages_ = std::make_unique<messenger<T>>(*link_, *program_, fleet_, demands_);
    together().agree("trainer", description() + " " + problem_->identity());
    // Of whom there are copies here, which a checkpoint fills: it never changes.
    if (demands_.mixes_copies()) plan_round(demands_.every, 0);
  }

  /// Where the problem begins, inside of the boxes.
  void begin_at(T* there) {
    bool const is_here = program_->in_host_memory();
    std::vector<T> elsewhere(is_here ? 0 : static_cast<std::size_t>(program_->layout().padded()), T(0));
    T* const here = is_here ? there : elsewhere.data();
    problem_->initial(settings_.seed, split(here));
    for (int p = 0; p < 2; ++p) {
      box const limits = p == 0 ? settings_.min_box : settings_.max_box;
      for (T& x : split(here).of(p)) x = clamped(x, bound_in<T>(limits.lo), bound_in<T>(limits.hi));
    }
    if (here != there) program_->write(there, here, elsewhere.size());
  }
  /// Where gradients are the problem's matter they may have moved since the last step.
  void follow_gradient_buffers() {
    auto const now = [&](int m) { return problem_->gradient_buffers(fleet_.first + m); };
    auto const stays = [&](int m) {
      point<T> const a = now(m), b = gradients_[static_cast<std::size_t>(m)];
      return a.min.data() == b.min.data() && a.max.data() == b.max.data() && a.min.size() == b.min.size() &&
             a.max.size() == b.max.size();
    };
    if (std::ranges::all_of(lenders_, stays)) return;
    std::vector<point<T>> moved = gradients_;
    for (int const m : lenders_) moved[static_cast<std::size_t>(m)] = {};
    std::vector<worker_arrays<T>> arrays = fleet_.workers;
    for (int const m : lenders_) {
      point<T> const out = now(m);
      expect_sound(out, moved);
      moved[static_cast<std::size_t>(m)] = out;
      read_gradients_of(arrays[static_cast<std::size_t>(m)], out);
    }
    program_->move_workers(arrays);
    fleet_.workers = std::move(arrays);
    gradients_ = std::move(moved);
  }
  static bool is_none(point<T> const& p) { return p.min.empty() && p.max.empty(); }
  void read_gradients_of(worker_arrays<T>& a, point<T> const& out) const {
    a.gradient[0] = out.min.data();
    a.gradient[1] = seen_from_zero(out.max.data());
  }
  /// A problem's own buffers for one worker, beside those of others.
  void expect_sound(point<T> const& theirs, std::span<point<T> const> others) const {
    for (int p = 0; p < 2; ++p) {
      std::span<T> const buffer = theirs.of(p);
      expects(static_cast<std::int64_t>(buffer.size()) == program_->layout().sizes.of(p),
              "trainer: a gradient buffer has the player's size");
      expects(reinterpret_cast<std::uintptr_t>(buffer.data()) % 16 == 0, "trainer: gradient buffers lie on 16 bytes");
      for (point<T> const& other : others)
        expects(buffer.empty() || other.of(p).data() != buffer.data(),
                "trainer: each worker has gradient buffers of its own");
    }
  }
  /// Where coordinate 0 would lie of an array that begins with the maximizing player's.
  T const* seen_from_zero(T const* max) const {
    return reinterpret_cast<T const*>(reinterpret_cast<std::uintptr_t>(max) -
                                      static_cast<std::uintptr_t>(program_->layout().begin_of(1)) * sizeof(T));
  }

  /// Whether the step exchanges anything: those that do and those that do not are its two kinds.
  bool is_round() const { return step_ % demands_.every == 0; }
  phase phase_at(int k) const {
    phase now = program_->phase_at(k);
    now.exchanges = now.exchanges && is_round();
    return now;
  }

  // ---- Before a step: all that its kernels need to know, and what will be counted ----

  void plan() {
    time_model* const model = link_->model();
    if (model != nullptr) absent_ = model->begin_step(step_);
    int index = 0;
    if (is_round() && (demands_.varies || !is_planned_ || !std::ranges::equal(absent_, planned_without_))) {
      for (int round = 0; round < demands_.rounds; ++round) plan_round(step_, round);
      planned_without_.assign(absent_.begin(), absent_.end());
      is_planned_ = true;
    }
    for (int k = 0; k < demands_.phases; ++k) {
      phase const now = phase_at(k);
      for (int m = 0; m < fleet_.hosted; ++m)
        program_->plan(k, m, sample{settings_.seed, fleet_.first + m, step_, now.draw});
      ++report_.gradients;
      if (model != nullptr) model->compute(k, demands_.late && now.exchanges);
      for (int round = 0; round < demands_.rounds; ++round) {
        exchanges_[static_cast<std::size_t>(index)] = exchange_;
        program_->plan({step_, index++, k, exchange_, round == 0, round + 1 == demands_.rounds, now.commits, keep()});
        if (now.exchanges) count_exchange(now, round);
      }
    }
  }
  void plan_round(std::int64_t step, int round) {
    auto const r = static_cast<std::size_t>(round);
    heard_.clear();
    transfers_[r].clear();
    if (demands_.averages) {
      heard_.push_back(present(program_->sources(step, round, fleet_.first, fleet_.all)));
    } else {
      for (int m = 0; m < fleet_.all; ++m) {
        std::vector<edge> from = present(program_->sources(step, round, m, fleet_.all), m);
        for (edge const& e : from) {
          expect_worker(e.worker);
          if (e.worker != m) transfers_[r].push_back({e.worker, m});
        }
        if (m >= fleet_.first && m < fleet_.first + fleet_.hosted) heard_.push_back(std::move(from));
      }
    }
    for (std::vector<edge> const& from : heard_)
      for (edge const& e : from) expect_worker(e.worker);
    program_->plan(round, heard_);
    messages_->plan(round, transfers_[r]);
  }
  void expect_worker(int worker) const {
    expects(worker >= 0 && worker < fleet_.all, "trainer: the topology names a worker that there is not");
  }
  void count_exchange(phase const& now, int round) {
    message_bytes const up = program_->message(way::up, now.player);
    std::vector<transfer> const& transfers = transfers_[static_cast<std::size_t>(round)];
    std::int64_t sent = fleet_.all - static_cast<std::int64_t>(absent_.size());  // to a server
    if (demands_.averages) {
      message_bytes const down = program_->message(way::down, now.player);
      report_.downlink += {sent * down.total, sent * down.payload};
      if (time_model* const model = link_->model()) model->serve(up.total, down.total);
    } else {
      sent = static_cast<std::int64_t>(transfers.size());
      if (time_model* const model = link_->model()) model->gossip(transfers, up.total);
    }
    report_.uplink += {sent * up.total, sent * up.payload};
    ++exchange_;
  }

  // ---- Who is absent in a step, where the transport models time: computed like all, and then left as it was ----

  bool is_absent(int worker) const { return std::ranges::binary_search(absent_, worker); }
  /// A server averages over those who are present; what is integrated, differences, stays a share of all.
  std::vector<edge> present(std::vector<edge> from) const {
    if (absent_.empty()) return from;
    std::erase_if(from, [&](edge const& e) { return is_absent(e.worker); });
    if (program_->feedback() != feedback::difference)
      for (edge& e : from) e.weight = 1.0 / static_cast<double>(from.size());
    return from;
  }
  /// A worker keeps what it would have taken of the absent; these keep all.
  std::vector<edge> present(std::vector<edge> from, int worker) const {
    if (absent_.empty()) return from;
    bool const alone = is_absent(worker);
    double kept = 0;
    std::erase_if(from, [&](edge const& e) {
      bool const is_out = e.worker != worker && (alone || is_absent(e.worker));
      if (is_out) kept += e.weight;
      return is_out;
    });
    auto own = std::ranges::lower_bound(from, worker, {}, &edge::worker);
    if (own == from.end() || own->worker != worker) own = from.insert(own, {worker, 0});
    own->weight += kept;
    return from;
  }
  /// f(worker, array, a place for it) for all that is an absent worker's own.
  template <class F>
  void each_of_the_absent(F const& f) {
    std::size_t place = 0;
    for (int const m : absent_)
      for (lasting const& a : arrays_.workers[local(m)]) {
        if (place == aside_.size()) aside_.push_back({program_->allocate(a.n), a.n});
        f(m, a, aside_[place++].there);
      }
  }
  /// But a server's round brings its weights, and h is at rest there.
  void leave_as_they_were() {
    bool const served = demands_.averages && is_round();
    each_of_the_absent([&](int m, lasting const& a, T const* aside) {
      worker_arrays<T> const& own = fleet_.workers[local(m)];
      if (!served || (a.there != own.w && a.there != own.h)) program_->copy(a.there, aside, a.n);
      else if (a.there == own.h) program_->copy(own.h, own.w, a.n);
    });
  }

  double keep() const {
    double const t = static_cast<double>(step_);
    return settings_.average == averaging::uniform ? t / (t + 1) : settings_.decay;
  }

  // ---- The step: an executor may record it, so that nothing here depends on which step of its kind it is ----

  void run_phases() {
    sections_ = 0;
    for (int k = 0; k < demands_.phases; ++k) run_phase(k);
    section([&] {
      program_->end();
      for (std::size_t m = 0; m < averages_.size(); ++m) program_->average(averages_[m], fleet_.workers[m].w);
    });
  }
  /// What runs from one exchange with other processes to the next. An executor may record it.
  template <class F>
  void section(F const& f) {
    if (link_->is_local()) f();  // part of the whole step, which is recorded as one
    else program_->replay(2 * ++sections_ + (is_round() ? 1 : 0), f, problem_->repeats());
  }

  void run_phase(int k) {
    phase const now = phase_at(k);
    int const first = k * demands_.rounds;
    bool const overlaps = demands_.late && now.exchanges;  // what is sent does not wait for the gradient
    auto const gradients = [&] {
      program_->each_worker(k, [&](int m, sample const* s) {
        auto const i = static_cast<std::size_t>(m);
        worker_arrays<T> const& a = fleet_.workers[i];
        problem_->gradient(split(static_cast<T const*>(now.at_h ? a.h : a.w)), s, gradients_[i], now.player);
      });
      if (!now.commits && now.player != phase::both) rest(1 - now.player);
    };
    section([&] {
      if (k == 0) program_->begin();
      if (!overlaps) gradients();
      if (now.exchanges) program_->encode(first, now.player);
      else if (now.commits) program_->step_alone(first, now.player);
      else program_->adapt(first, now.player);
    });
    if (!now.exchanges) return;
    for (int round = 0; round < demands_.rounds; ++round) {
      int const index = first + round;
      if (round > 0) section([&] { program_->encode(index, now.player); });
      messages_->start_up(step_, round, exchange_at(index), now.player, transfers_[static_cast<std::size_t>(round)]);
      if (overlaps && round == 0) section(gradients);
      messages_->finish();
      bool const asks = demands_.relays && !link_->is_local();  // others, for their part of the average
      section([&] {
        if (demands_.mixes_copies()) program_->absorb(index, now.player);
        program_->judge(round);
        if (demands_.relays)
          for (bucket_range const& part : messages_->served(now.player)) program_->relay(index, round, part);
        if (!asks) take(index, round, now.player);
      });
      if (!asks) continue;
      messages_->start_down(step_, round, exchange_at(index), now.player);
      messages_->finish();
      section([&] {
        program_->judge(round);  // the server may know of coordinates that this process has not heard of
        take(index, round, now.player);
      });
    }
  }
  void take(int index, int round, int player) {
    program_->apply(index, round, player);
    program_->restore(index, round, player);
  }
  std::uint64_t exchange_at(int index) const { return exchanges_[static_cast<std::size_t>(index)]; }
  /// In a look-ahead of one player the other stays where it is: its part of h is w.
  void rest(int player) {
    for (worker_arrays<T> const& a : fleet_.workers) {
      std::span<T const> const w = split(a.w).of(player);
      program_->copy(split(a.h).of(player).data(), w.data(), w.size());
    }
  }

  char const* averaging_name() const {
    averaging const a = settings_.average;
    return a == averaging::none ? "none" : a == averaging::uniform ? "uniform" : "exponential";
  }
  std::string description() const {
    players const p = sizes();
    return program_->optimizer_name() + " " + program_->compression_name() + " " + program_->topology_name() +
           " workers=" + std::to_string(link_->workers()) + " coordinates=" + std::to_string(p.min) + "+" +
           std::to_string(p.max) + " scalar=" + std::to_string(sizeof(T)) + " seed=" + std::to_string(settings_.seed) +
           " average=" + averaging_name() + " " + program_->details() +
           (settings_.problem.empty() ? "" : " problem=" + settings_.problem) +
           (link_->model() == nullptr ? "" : std::string(" ") + link_->model()->name());
  }

  collective together() const { return {*link_, step_}; }
  bool is_hosted(int worker) const { return worker >= fleet_.first && worker < fleet_.first + fleet_.hosted; }
  std::size_t local(int worker) const {
    expects(is_hosted(worker), "trainer: this process does not host that worker");
    return static_cast<std::size_t>(worker - fleet_.first);
  }
  template <class U>
  point<U> split(U* a) const {
    bucket_layout const& l = program_->layout();
    return {{a, static_cast<std::size_t>(l.sizes.min)}, {a + l.begin_of(1), static_cast<std::size_t>(l.sizes.max)}};
  }
  /// What a checkpoint of this run says, after its description. Its arrays are looked at, too.
  counters checked(checkpoint_reader& in) const {
    in.expect_run(description(), problem_->identity());
    auto const then = in.get<counters>();
    std::size_t const here = in.place();
    if (time_model const* const model = link_->model())
      if (in.skip_all<double>() != model->state().size()) in.fail("an array has another size");
    auto const expect = [&](std::vector<lasting> const& arrays) {
      for (lasting const& a : arrays)
        if (in.skip_all<T>() != a.n) in.fail("an array has another size");
    };
    expect(arrays_.everyones);
    for (int m = 0; m < fleet_.all; ++m) expect(arrays_.workers[0]);
    expect(arrays_.servers);
    in.expect_end();
    in.return_to(here);
    return then;
  }
  /// The place of a range of buckets in an array, padding included.
  std::span<T> padded(std::span<T> values, bucket_range const& part) const {
    auto const begin = static_cast<std::size_t>(program_->layout().begin_at(part.first));
    return values.subspan(begin, static_cast<std::size_t>(program_->layout().begin_at(part.last)) - begin);
  }
  static std::span<T> resized(std::vector<T>& values, std::size_t n) {
    values.resize(n);
    return values;
  }
  std::span<T> on_host(lasting const& a) const {
    std::span<T const> const values = on_host(a.there, a.n);
    return {const_cast<T*>(values.data()), values.size()};
  }
  /// An array of the executor's where the host can read it: itself, or a copy that lasts until the next one of it.
  std::span<T const> on_host(T const* there, std::size_t n) const {
    expect_whole();
    if (program_->in_host_memory()) return {there, n};
    std::vector<T>& copy = copies_[there];
    copy.resize(n);
    program_->read(copy.data(), there, n);
    return copy;
  }
  point<T const> view(T const* there) const {
    return split(on_host(there, static_cast<std::size_t>(program_->layout().padded())).data());
  }

  settings settings_;
  std::unique_ptr<communicator> link_;
  std::unique_ptr<program<T>> program_;  // the owner of the memory that the following point to
  std::unique_ptr<any_problem<T>> problem_;
  demands demands_;
  fleet<T> fleet_;
  std::vector<point<T>> gradients_;  // one a worker
  std::vector<int> lenders_;         // hosted workers whose gradients go to buffers of the problem
  std::vector<T*> averages_;         // one for each w
  std::unique_ptr<messenger<T>> messages_;
  lasting_arrays arrays_;
  mutable std::map<T const*, std::vector<T>> copies_;
  std::int64_t step_ = 0;
  std::uint64_t exchange_ = 0;
  mutable saddle::report report_;
  bool is_whole_ = true;  // no step was left halfway

  bool is_planned_ = false;  // without whom, for all steps until somebody comes or goes or the graph varies
  std::vector<int> planned_without_;

  // Of one step, kept to reuse their memory.
  std::span<int const> absent_;
  std::vector<lasting> aside_;
  std::vector<std::vector<edge>> heard_;
  std::vector<std::vector<transfer>> transfers_;  // of each round
  int sections_ = 0;                              // of the step so far
  std::vector<std::uint64_t> exchanges_;          // of each round of each phase
};

template <class P, class... Rest>
trainer(P, Rest...) -> trainer<typename detail::scalar_of<P>::type>;
// With settings in braces.
template <class P, class S, class Tr, class Executor>
trainer(P, S, Tr, Executor, settings) -> trainer<typename detail::scalar_of<P>::type>;
template <class P, class O, class C, class Tp, class Tr, class Executor>
trainer(P, O, C, Tp, Tr, Executor, settings) -> trainer<typename detail::scalar_of<P>::type>;

SADDLE_NAMESPACE_END
