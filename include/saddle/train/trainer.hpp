#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/core/players.hpp"
#include "saddle/core/step_context.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/train/any_problem.hpp"
#include "saddle/train/checkpoint.hpp"
#include "saddle/train/fused_program.hpp"
#include "saddle/train/program.hpp"
#include "saddle/train/report.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Averages of the iterates: none, wbar = t/(t+1) wbar + w/(t+1), or wbar = decay wbar + (1 - decay) w.
enum class averaging { none, uniform, exponential };

struct settings {
  std::uint64_t seed = 1;
  averaging average = averaging::none;
  double decay = 0.999;
  box min_box{}, max_box{};  // constraints on the players, applied wherever w or h is written
  std::string problem{};     // a name for it; a checkpoint of another one is refused
};

/// Runs a combination of policies on a problem: the loop, the arrays, the counters. Policies are compiled into the
/// program behind it; this class is one for each coordinate type.
///
/// errors  std::invalid_argument for a combination that makes no sense, sizes that do not fit; bad_checkpoint
template <class T>
class trainer {
 public:
  template <problem P, optimizer O, compression C, topology Tp, transport Tr, runs_in_host_memory Executor>
    requires std::same_as<typename P::scalar, T>
  trainer(P p, O o, C c, Tp t, Tr const& connection, Executor const& how, settings const& s = {})
      : settings_(s), problem_(std::make_unique<erased_problem<P>>(std::move(p))), link_(connection.connect()) {
    expects(s.decay >= 0 && s.decay < 1, "settings: decay lies in [0, 1)");
    expects(s.min_box.lo <= s.min_box.hi && s.max_box.lo <= s.max_box.hi, "settings: a box has lo <= hi");
    players const sizes = problem_->sizes();
    expects(sizes.min >= 0 && sizes.max >= 0 && sizes.size() > 0, "trainer: the problem has no coordinates");
    expects(link_->workers() <= problem_->most_workers(), [&] {
      return "trainer: " + std::to_string(link_->workers()) + " workers, but the problem has data for " +
             std::to_string(problem_->most_workers());
    });
    using wire = wire_compressor<C>;
    t.check(link_->workers(), !is_exact<wire>, has_memory<C>);
    program_ = make_program(std::move(o), c, std::move(t), how, sizes);
    allocate();
  }

  /// One iteration of the optimizer on every worker.
  void step() {
    auto const start = std::chrono::steady_clock::now();
    ++step_;
    std::fill(non_finite_.begin(), non_finite_.end(), none);
    for (int k = 0; k < demands_.phases; ++k) run_phase(k);
    note_non_finite();
    update_average();
    ++report_.steps_executed;
    report_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  /// n steps; on_report(report) after each, where it is given. It may return false to stop early.
  template <class OnReport>
  void run(std::int64_t n, OnReport on_report) {
    for (std::int64_t i = 0; i < n; ++i) {
      step();
      if constexpr (std::is_convertible_v<decltype(on_report(report())), bool>) {
        if (!on_report(report())) return;
      } else {
        on_report(report());
      }
    }
  }
  void run(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) step();
  }

  saddle::report report() const {
    saddle::report r = report_;
    r.step = step_;
    r.wire_bytes = link_->wire_bytes();
    r.optimizer = program_->optimizer_name();
    r.compressor = program_->compressor_name();
    r.topology = program_->topology_name();
    r.error_feedback = program_->has_error_feedback();
    r.details = program_->details();
    return r;
  }

  /// A hosted worker's weights, one contiguous span a player. They change with the next step.
  point<T const> weights(int worker) const { return view(fleet_.workers[local(worker)].w); }
  /// Its averaged weights; the weights themselves if nothing is averaged.
  point<T const> averaged_weights(int worker) const {
    if (settings_.average == averaging::none) return weights(worker);
    return view(averages_[demands_.shares_weights ? 0 : local(worker)].data());
  }
  /// What error feedback of a hosted worker still owes; empty spans without error feedback.
  point<T const> memory(int worker) const {
    T const* const e = fleet_.workers[local(worker)].memory;
    if (e == nullptr) return {};
    return view(e);
  }
  /// The point of a hosted worker's next gradient where that is not w; empty spans otherwise.
  point<T const> look_ahead(int worker) const {
    T const* const h = fleet_.workers[local(worker)].h;
    if (h == nullptr) return {};
    return view(h);
  }
  int workers() const { return link_->workers(); }
  players sizes() const { return program_->layout().sizes; }

  /// A checksum of all workers' weights, in the order of the workers.
  std::uint64_t digest() const {
    checksum sum;
    for (int m = 0; m < link_->workers(); ++m) {
      sum.add(weights(m).min);
      sum.add(weights(m).max);
    }
    return sum.value();
  }

  /// Writes everything that determines the future of the run; see checkpoint_writer::commit.
  void save(std::string const& path) const {
    checkpoint_writer out;
    out.add(description());
    counters const now{step_, exchange_, report_.gradients, report_.skipped_steps, report_.uplink, report_.downlink};
    out.add(now);
    const_cast<trainer*>(this)->for_each_array([&](std::span<T> a) { out.add(std::span<T const>(a)); });
    out.commit(path);
  }
  /// Continues the run that was saved, as if it had never stopped. On an error nothing has changed.
  void load(std::string const& path) {
    checkpoint_reader in(path);
    std::string const theirs = in.get_text(), ours = description();
    if (theirs != ours) in.fail("it is of another run: it has " + theirs + ", this run " + ours);
    auto const then = in.get<counters>();
    std::vector<std::vector<T>> arrays;
    for_each_array([&](std::span<T> a) {
      arrays.push_back(in.get_all<T>());
      if (arrays.back().size() != a.size()) in.fail("an array has another size");
    });
    in.expect_end();
    std::size_t next = 0;
    for_each_array([&](std::span<T> a) {
      std::copy(arrays[next].begin(), arrays[next].end(), a.begin());
      ++next;
    });
    step_ = then.step;
    exchange_ = then.exchange;
    report_.steps_executed = 0;
    report_.gradients = then.gradients;
    report_.skipped_steps = then.skipped_steps;
    report_.non_finite.reset();
    report_.uplink = then.uplink;
    report_.downlink = then.downlink;
  }

 private:
  struct counters {
    std::int64_t step;
    std::uint64_t exchange;
    std::int64_t gradients, skipped_steps;
    message_bytes uplink, downlink;
  };
  /// The arrays of one worker, behind the pointers of its worker_arrays.
  struct storage {
    aligned_vector<T> w, h, gradient, memory, copy, state, outgoing;
  };

  template <class O, class C, class Tp, class Executor>
  std::unique_ptr<program<T>> make_program(O o, C c, Tp t, Executor const& how, players sizes) const {
    constexpr bool exact = is_exact<wire_compressor<C>>, remembers = has_memory<C>;
    using scheme = typename Tp::template scheme<exact, remembers>;
    auto const make = [&]<class Scheme>(Scheme) -> std::unique_ptr<program<T>> {
      using made = fused_program<T, O, C, Tp, Scheme, Executor>;
      return std::make_unique<made>(std::move(o), c, std::move(t), how, sizes,
                                    typename made::constants{settings_.seed, {settings_.min_box, settings_.max_box}});
    };
    if constexpr (requires { typename Tp::template late_scheme<exact, remembers>; }) {
      if (t.combines_first()) return make(typename Tp::template late_scheme<exact, remembers>{});
    }
    return make(scheme{});
  }

  void allocate() {
    demands_ = program_->needs();
    checksum name;
    std::string const compressor = program_->compressor_name();
    name.add(std::span(compressor.data(), compressor.size()));
    compressor_id_ = name.value();
    bucket_layout const& layout = program_->layout();
    auto const d = static_cast<std::size_t>(layout.padded());
    auto const hosted = static_cast<std::size_t>(link_->hosted());
    auto const message = sizeof(message_header) + static_cast<std::size_t>(program_->uplink_planes_bytes());
    storage_.resize(hosted);
    messages_.resize(hosted);
    non_finite_.assign(hosted + 1, none);
    fleet_.first = link_->first();
    fleet_.hosted = link_->hosted();
    fleet_.server = static_cast<std::uint32_t>(link_->workers());
    for (std::size_t m = 0; m < hosted; ++m) {
      storage& s = storage_[m];
      if (m == 0 || !demands_.shares_weights) {
        s.w.assign(d, T(0));
        problem_->initial(settings_.seed, mutable_view(s.w.data()));
        for (int p = 0; p < 2; ++p) {
          box const limits = p == 0 ? settings_.min_box : settings_.max_box;
          for (T& x : mutable_view(s.w.data()).of(p)) x = clamped(x, static_cast<T>(limits.lo), static_cast<T>(limits.hi));
        }
        if (settings_.average != averaging::none) averages_.emplace_back(s.w.begin(), s.w.end());
      }
      aligned_vector<T> const& w = storage_[demands_.shares_weights ? 0 : m].w;
      if (demands_.look_ahead) s.h = w;  // at rest: the first gradient is taken at w_0
      s.gradient.assign(d, T(0));
      if (demands_.memory) s.memory.assign(d, T(0));
      if (demands_.copies) s.copy.assign(d, T(0));
      if (demands_.outgoing) s.outgoing.assign(d, T(0));
      s.state.assign(d * static_cast<std::size_t>(demands_.state_planes), T(0));
      messages_[m].assign(message, std::byte{0});
      fleet_.outgoing.push_back(program_->uplink_planes(messages_[m].data() + sizeof(message_header)));
      fleet_.non_finite.push_back(&non_finite_[m]);
      outgoing_.push_back(messages_[m]);
    }
    for (std::size_t m = 0; m < hosted; ++m) {
      storage& s = storage_[m];
      auto const pointer = [](aligned_vector<T>& v) { return v.empty() ? nullptr : v.data(); };
      fleet_.workers.push_back({storage_[demands_.shares_weights ? 0 : m].w.data(), pointer(s.h), s.gradient.data(),
                                pointer(s.memory), pointer(s.copy), pointer(s.state), layout.padded(),
                                s.outgoing.empty() ? pointer(s.memory) : s.outgoing.data()});
    }
    if (demands_.server_memory) server_memory_.assign(d, T(0));
    if (demands_.relays) {
      server_message_.assign(static_cast<std::size_t>(program_->downlink_planes_bytes()), std::byte{0});
      fleet_.server_message = program_->downlink_planes(server_message_.data());
    }
    fleet_.server_memory = server_memory_.empty() ? nullptr : server_memory_.data();
    fleet_.server_non_finite = &non_finite_[hosted];
    sender_planes_.resize(static_cast<std::size_t>(link_->workers()));
  }

  void run_phase(int k) {
    phase const now = program_->phase_at(k);
    take_gradients(now);
    if (!now.commits && now.player != phase::both) rest(1 - now.player);
    if (!now.exchanges) {
      program_->at(moment_of(k, now, 0));
      program_->adapt(fleet_, now.player);
      return;
    }
    for (int round = 0; round < demands_.rounds; ++round) {
      program_->at(moment_of(k, now, round));
      program_->encode(fleet_, now.player);
      exchange(now, round);
      bool const skips = fleet_has_non_finite();
      if (skips) program_->skip();
      combine(now);
      if (skips) program_->restore(fleet_, now.player);
      ++exchange_;
    }
  }

  moment moment_of(int k, phase const& now, int round) const {
    return {step_, k, exchange_, round == 0, round + 1 == demands_.rounds, now.commits};
  }
  /// In a look-ahead of one player the other stays where it is: its part of h is w.
  void rest(int player) {
    for (worker_arrays<T> const& a : fleet_.workers) {
      std::span<T const> const w = view(a.w).of(player);
      std::copy(w.begin(), w.end(), mutable_view(a.h).of(player).begin());
    }
  }

  void take_gradients(phase const& now) {
    program_->each_worker(fleet_.hosted, [&](int m) {
      worker_arrays<T> const& a = fleet_.workers[static_cast<std::size_t>(m)];
      problem_->gradient(view(now.at_h ? a.h : a.w), sample{settings_.seed, fleet_.first + m, step_, now.draw},
                         mutable_view(storage_[static_cast<std::size_t>(m)].gradient.data()), now.player);
    });
    ++report_.gradients;
  }

  void exchange(phase const& now, int round) {
    int const all = link_->workers();
    message_bytes const up = program_->uplink_message(now.player);
    for (int m = 0; m < fleet_.hosted; ++m) {
      message_header header;
      header.scalar_bytes = sizeof(T);
      header.player = static_cast<std::int8_t>(now.player);
      header.compressor = compressor_id_;
      header.coordinates = program_->layout().sizes.size();
      header.exchange = static_cast<std::int64_t>(exchange_);
      header.sender = fleet_.first + m;
      header.payload_bytes = up.payload;
      header.non_finite = non_finite_[static_cast<std::size_t>(m)];
      std::memcpy(messages_[static_cast<std::size_t>(m)].data(), &header, sizeof header);
    }
    heard_.clear();
    transfers_.clear();
    std::int64_t sent = all;  // to a server; in a graph, as many as there are edges
    if (demands_.shares_weights) {
      heard_.push_back(program_->sources(step_, round, fleet_.first, all));
      message_bytes const down = program_->downlink_message(now.player);
      report_.downlink += {all * down.total, all * down.payload};
    } else {
      for (int m = 0; m < all; ++m) {
        heard_.push_back(program_->sources(step_, round, m, all));
        for (edge const& e : heard_.back())
          if (e.worker != m) transfers_.push_back({e.worker, m});
      }
      sent = static_cast<std::int64_t>(transfers_.size());
    }
    report_.uplink += {sent * up.total, sent * up.payload};
    link_->start({step_, round, outgoing_, transfers_});
    link_->finish();
    for (int j = 0; j < all; ++j)
      sender_planes_[static_cast<std::size_t>(j)] =
          program_->uplink_planes(link_->message(j) + sizeof(message_header));
  }

  void combine(phase const& now) {
    int const targets = demands_.shares_weights ? 1 : fleet_.hosted;
    pointers_.clear();
    weights_.clear();
    sources_.clear();
    std::vector<std::size_t> begins;
    if (demands_.copies) {  // mixed instead of messages: dense planes, one a worker
      copies_.resize(fleet_.workers.size());
      for (std::size_t m = 0; m < copies_.size(); ++m)
        copies_[m].begin[0] = reinterpret_cast<std::byte*>(fleet_.workers[m].copy);
    }
    for (int m = 0; m < targets; ++m) {
      begins.push_back(pointers_.size());
      for (edge const& e : heard_[static_cast<std::size_t>(demands_.shares_weights ? 0 : fleet_.first + m)]) {
        auto const j = static_cast<std::size_t>(e.worker);
        pointers_.push_back(demands_.copies ? &copies_[j] : &sender_planes_[j]);
        weights_.push_back(static_cast<T>(e.weight));
      }
    }
    begins.push_back(pointers_.size());
    for (std::size_t m = 0; m + 1 < begins.size(); ++m)
      sources_.push_back({pointers_.data() + begins[m], weights_.data() + begins[m],
                          static_cast<int>(begins[m + 1] - begins[m])});
    if (demands_.relays) {
      program_->relay(fleet_, sources_[0], now.player);
      static constexpr T whole = T(1);
      relayed_ = &fleet_.server_message;
      sources_[0] = {&relayed_, &whole, 1};
    }
    program_->apply(fleet_, sources_, now.player);
  }

  bool fleet_has_non_finite() const {
    return std::any_of(non_finite_.begin(), non_finite_.end(), [](std::int64_t i) { return i != none; });
  }

  void note_non_finite() {
    for (std::size_t m = 0; m < non_finite_.size(); ++m) {
      if (non_finite_[m] == none) continue;
      std::int64_t const second = program_->layout().begin_of(1);
      bool const is_max = non_finite_[m] >= second;
      ++report_.skipped_steps;
      report_.non_finite = {step_, m < storage_.size() ? fleet_.first + static_cast<int>(m) : link_->workers(),
                            is_max ? player::max : player::min, non_finite_[m] - (is_max ? second : 0)};
      return;
    }
  }

  void update_average() {
    double const t = static_cast<double>(step_);
    double const keep = settings_.average == averaging::uniform ? t / (t + 1) : settings_.decay;
    for (std::size_t m = 0; m < averages_.size(); ++m)
      program_->average(averages_[m].data(), fleet_.workers[m].w, static_cast<T>(keep));
  }

  template <class F>
  void for_each_array(F f) {
    for (storage& s : storage_)
      for (aligned_vector<T>* a : {&s.w, &s.h, &s.memory, &s.copy, &s.state}) f(std::span<T>(*a));
    f(std::span<T>(server_memory_));
    for (aligned_vector<T>& a : averages_) f(std::span<T>(a));
  }

  std::string description() const {
    players const p = sizes();
    return program_->optimizer_name() + " " + (program_->has_error_feedback() ? "error-feedback-" : "") +
           program_->compressor_name() + " " + program_->topology_name() + " workers=" +
           std::to_string(link_->workers()) + " coordinates=" + std::to_string(p.min) + "+" + std::to_string(p.max) +
           " scalar=" + std::to_string(sizeof(T)) + " seed=" + std::to_string(settings_.seed) +
           " average=" + std::to_string(static_cast<int>(settings_.average)) + " " + program_->details() +
           (settings_.problem.empty() ? "" : " problem=" + settings_.problem);
  }

  std::size_t local(int worker) const {
    expects(worker >= fleet_.first && worker < fleet_.first + fleet_.hosted,
            "trainer: this process does not host that worker");
    return static_cast<std::size_t>(worker - fleet_.first);
  }
  template <class U>
  point<U> split(U* a) const {
    bucket_layout const& l = program_->layout();
    return {{a, static_cast<std::size_t>(l.sizes.min)}, {a + l.begin_of(1), static_cast<std::size_t>(l.sizes.max)}};
  }
  point<T const> view(T const* a) const { return split(a); }
  point<T> mutable_view(T* a) const { return split(a); }

  settings settings_;
  std::unique_ptr<any_problem<T>> problem_;
  std::unique_ptr<link> link_;
  std::unique_ptr<program<T>> program_;
  demands demands_;
  std::vector<storage> storage_;
  std::vector<aligned_vector<T>> averages_;  // one for each w
  aligned_vector<T> server_memory_;
  std::vector<aligned_vector<std::byte>> messages_;
  aligned_vector<std::byte> server_message_;
  std::vector<std::int64_t> non_finite_;  // each hosted worker's and the server's, of this step
  fleet<T> fleet_;
  std::uint64_t compressor_id_ = 0;
  std::int64_t step_ = 0;
  std::uint64_t exchange_ = 0;
  saddle::report report_;

  // Of one round, kept to reuse their memory.
  std::vector<std::span<std::byte>> outgoing_;
  std::vector<std::vector<edge>> heard_;  // by each worker, or by the server
  std::vector<transfer> transfers_;
  std::vector<message_planes> sender_planes_, copies_;
  std::vector<message_planes const*> pointers_;
  std::vector<T> weights_;
  std::vector<incoming<T>> sources_;
  message_planes const* relayed_ = nullptr;
};

template <problem P, class... Rest>
trainer(P, Rest...) -> trainer<typename P::scalar>;

SADDLE_NAMESPACE_END
