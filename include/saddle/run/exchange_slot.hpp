#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/kernel/receive.hpp"
#include "saddle/run/instruction.hpp"
#include "saddle/run/messenger.hpp"
#include "saddle/run/run_state.hpp"
#include "saddle/topology/graph.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// The rows of a launch, in the executor's memory.
template <class T, class Engine>
struct row_table {
  typename Engine::template array<T*> pointers{};
  typename Engine::template array<array_row<T>> rows{};

  /// The arrays that `uses` name, of n rows; the first is worker number `first` of the run.
  void bind(Engine& engine, named_arrays<T> const& arrays, char const* slot, std::span<array_use const> uses, int n,
            int first, T const* scalars = nullptr, int scalars_each = 0) {
    std::vector<T*> all;
    for (int m = 0; m < n; ++m)
      for (int p = 0; p < 2; ++p)
        for (array_use const& one : uses) all.push_back(arrays.at(one.in(slot)).of(m, p));
    bind(engine, all, n, first, scalars, scalars_each);
  }
  /// The same with the pointers of each row and player.
  void bind(Engine& engine, std::vector<T*> const& all, int n, int first, T const* scalars, int scalars_each) {
    auto const count = static_cast<std::size_t>(n);
    std::size_t const uses = count == 0 ? 0 : all.size() / (2 * count);
    if (pointers.size() < all.size() + 1) pointers = engine.template allocate<T*>(all.size() + 1);
    if (!all.empty()) engine.write(pointers.data(), all.data(), all.size());
    std::vector<array_row<T>> table(count);
    for (std::size_t m = 0; m < count; ++m) {
      for (std::size_t p = 0; p < 2; ++p) table[m].arrays[p] = pointers.data() + (2 * m + p) * uses;
      table[m].sender = static_cast<std::uint32_t>(first) + static_cast<std::uint32_t>(m);
      table[m].scalars =
          scalars == nullptr ? nullptr : scalars + static_cast<std::ptrdiff_t>(table[m].sender) * scalars_each;
    }
    if (rows.size() < count) rows = engine.template allocate<array_row<T>>(count);
    if (count > 0) engine.write(rows.data(), table.data(), count);
  }
  array_row<T> const* data() const { return const_cast<row_table*>(this)->rows.data(); }
};

/// An exchanged vector of a run: its messages, who hears whom, and the public copies of workers elsewhere.
template <class T, class Engine, bool Distributed>
class exchange_slot {
  template <class U>
  using array = typename Engine::template array<U>;
  template <class U>
  using staged = typename Engine::template staged<U>;

 public:
  struct heard_round {
    staged<term<T>> terms;
    staged<incoming<T>> sources;
    std::vector<transfer> transfers;  // of all workers, over a graph
    std::size_t targets = 0;
  };

  exchange_slot(slot_code<T, Engine> const& how, policy_values const& policies, int rounds)
      : code(how),
        compressor_(how.own_compressor != nullptr ? how.own_compressor : policies.compressor),
        downlink_(how.own_downlink != nullptr ? how.own_downlink : policies.downlink),
        topology_(policies.topology),
        up(how.up(compressor_)),
        down(how.down(downlink_)),
        rounds_(how.repeats ? rounds : 1),
        heard_(static_cast<std::size_t>(rounds_)) {}
  exchange_slot(exchange_slot const&) = delete;

  slot_code<T, Engine> const& code;

 private:
  void const *compressor_, *downlink_, *topology_;

 public:
  std::unique_ptr<message_codec<T>> const up, down;
  row_table<T, Engine> kept, otherwise, again, undo, server_kept;
  int planned = 0;  // the walk's latest plan of who hears whom that this has followed

  std::string name_of(char const* text) const { return std::string(code.subject) + "." + text; }
  int rounds() const { return rounds_; }
  /// The number of the exchange in which a player's part was sent last, by whichever of the operations that send it.
  std::uint64_t& latest(int player) { return latest_[player + 1]; }
  /// Whether the average is encoded: lossily, or because others ask for their part of it.
  bool relays(run_state<T> const& run) const {
    return code.averages && (code.is_lossy_down || (Distributed && !run.link.is_local()));
  }

  void declare(run_state<T>& run) const {
    named_arrays<T>& all = run.arrays;
    all.declare(code.subject, code.kept, owner::workers, false);
    all.declare(code.subject, code.undo, owner::workers, false);
    if (code.selects_up) {
      array_use const outgoing = detail::use_of<name::outgoing>;
      all.declare(code.subject, std::span(&outgoing, 1), owner::workers, false);
    }
    if (code.server_owes) all.server_array(name_of("server_memory"));
  }
  void bind(run_state<T>& run, Engine& engine) {
    auto const hosted = static_cast<std::size_t>(run.hosted()), first = static_cast<std::size_t>(run.first());
    auto const everyone = static_cast<std::size_t>(run.workers());
    auto const table = [&](row_table<T, Engine>& to, std::span<array_use const> uses) {
      to.bind(engine, run.arrays, code.subject, uses, run.hosted(), run.first(), run.scalars, run.scalars_each);
    };
    table(kept, code.kept);
    table(otherwise, code.otherwise);
    table(undo, code.undo);
    if (code.repeats && rounds_ > 1) table(again, code.again);

    std::vector<message_planes> heard(everyone), mixed(code.mixes_copies ? everyone : 0);
    auto const bytes = static_cast<std::size_t>(up->planes_bytes(run.layout));
    for (std::size_t m = 0; m < hosted; ++m) {
      outgoing_.push_back(up->planes(run.layout, run.memory.allocate_bytes(bytes)));
      heard[first + m] = outgoing_[m];
      if (code.mixes_copies) mixed[first + m] = dense(run.arrays[name_of("copy")].of(static_cast<int>(m)));
      if (code.selects_up) aside_.push_back(run.arrays[name_of("outgoing")].of(static_cast<int>(m)));
    }
    if (relays(run)) {
      server_message_ = down->planes(
          run.layout, run.memory.allocate_bytes(static_cast<std::size_t>(down->planes_bytes(run.layout))));
      mixed = {server_message_};
    }
    if (code.server_owes) {
      server_memory_ = run.arrays[name_of("server_memory")].of(0);
      server_kept.bind(engine, {server_memory_, server_memory_}, 1, 0, nullptr, 0);
    }
    if (code.selects_down)
      server_aside_ = run.memory.template allocate<T>(static_cast<std::size_t>(run.layout.padded()));
    fill(engine, outgoing_there_, outgoing_);
    fill(engine, senders_, heard);
    fill(engine, mixed_, mixed);
    fill(engine, whole_, std::vector<term<T>>{{0, T(1)}});
    if constexpr (Distributed) {
      if (run.link.is_local()) return;
      engine_ = &engine;
      run_ = &run;
      messages_ = std::make_unique<messenger<T>>(
          run, *up, *down,
          typename messenger<T>::kind{code.averages, code.selects_up, code.selects_down, relays(run)}, outgoing_,
          server_message_, this, [](void* self, int worker, message_planes const& there) {
            static_cast<exchange_slot*>(self)->hear(worker, there);
          });
    }
  }

  /// Whose messages a worker combines in a round of a step, of those who take part.
  std::vector<edge> heard_by(run_state<T> const& run, std::int64_t step, int round, int worker,
                             int player = both_players) const {
    std::vector<edge> all = code.hears(topology_, step, round, worker, run.workers());
    return code.averages ? present_as(run, std::move(all), player) : present(run, std::move(all), worker);
  }
  /// Who hears whom in a step.
  void plan(run_state<T> const& run, Engine& engine, std::int64_t step) {
    for (int round = 0; round < rounds_; ++round) {
      heard_round& r = heard_[static_cast<std::size_t>(round)];
      r.transfers.clear();
      lists_.clear();
      bool const is_split = code.averages && run.is_split();
      if (code.averages) {
        lists_.push_back(heard_by(run, step, round, run.first(), is_split ? 0 : both_players));
        if (is_split) lists_.push_back(heard_by(run, step, round, run.first(), 1));
      } else {
        for (int m = 0; m < run.workers(); ++m) {
          std::vector<edge> from = heard_by(run, step, round, m);
          for (edge const& e : from) {
            expect_worker(run, e.worker);
            if (e.worker != m) r.transfers.push_back({e.worker, m});
          }
          if (run.is_hosted(m)) lists_.push_back(std::move(from));
        }
      }
      for (std::vector<edge> const& from : lists_)
        for (edge const& e : from) expect_worker(run, e.worker);
      fill_round(engine, r, run.workers(), is_split);
      if constexpr (Distributed)
        if (messages_) messages_->plan(round, r.transfers);
    }
  }
  void publish(Engine& engine) {
    for (heard_round& r : heard_) {
      r.terms.publish(engine);
      r.sources.publish(engine);
    }
  }

  std::span<transfer const> transfers(int round) const { return heard_[static_cast<std::size_t>(round)].transfers; }
  incoming<T>* sources(int round) { return heard_[static_cast<std::size_t>(round)].sources.there(); }
  int targets(int round) const { return static_cast<int>(heard_[static_cast<std::size_t>(round)].targets); }
  messenger<T>* messages() { return messages_.get(); }

  /// What the launches of this slot have in common.
  void add_to(launch_arguments<T, Engine>& a) {
    a.compressor = compressor_;
    a.downlink = downlink_;
    a.kept = kept.data();
    a.otherwise = otherwise.data();
    a.messages = outgoing_there_.data();
    a.host_messages = outgoing_.data();
    a.outgoing = aside_.data();
  }
  void add_server_to(launch_arguments<T, Engine>& a) {
    a.server_memory = server_memory_;
    a.server_message = server_message_;
    a.kept = server_kept.data();
    a.outgoing = &server_aside_;
  }
  int distant() const { return static_cast<int>(distant_.size()); }
  copy_elsewhere<T> const* distant_there() { return distant_there_.data(); }
  std::vector<copy_elsewhere<T>> const& distant_copies() const { return distant_; }

 private:
  template <class U>
  static void fill(Engine& engine, array<U>& to, std::vector<U> const& from) {
    to = engine.template allocate<U>(from.size());
    if (!from.empty()) engine.write(to.data(), from.data(), from.size());
  }
  /// An array as a message of identity.
  static message_planes dense(T* values) { return {{reinterpret_cast<std::byte*>(values)}}; }
  static void expect_worker(run_state<T> const& run, int worker) {
    expects(worker >= 0 && worker < run.workers(), "trainer: the topology names a worker that there is not");
  }

  /// From now on this worker's message is read there, and added to a public copy of its own, if there are any.
  void hear(int worker, message_planes const& there) {
    engine_->write(senders_.data() + worker, &there, 1);
    if (!code.mixes_copies) return;
    T* const copy = run_->memory.template allocate<T>(static_cast<std::size_t>(run_->layout.padded()));
    message_planes const planes = dense(copy);
    engine_->write(mixed_.data() + worker, &planes, 1);
    distant_.push_back({there, copy, static_cast<std::uint32_t>(worker)});
    fill(*engine_, distant_there_, distant_);
    engine_->forget_recordings();  // the table has moved
  }
  void fill_round(Engine& engine, heard_round& r, int workers, bool is_split) {
    std::size_t terms = 0;
    for (std::vector<edge> const& from : lists_) terms += from.size();
    r.targets = is_split ? 1 : lists_.size();
    r.terms.resize(engine, terms);
    r.sources.resize(engine, r.targets + 2);  // what the server hears and, after a relay, what its workers do
    std::size_t next = 0;
    message_planes const* const messages = code.mixes_copies ? mixed_.data() : senders_.data();
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      std::size_t const target = i < r.targets ? i : i + 1;  // behind those: of the maximizing player
      r.sources[target] = {messages, r.terms.there() + next, static_cast<int>(lists_[i].size())};
      for (edge const& e : lists_[i]) r.terms[next++] = {e.worker, static_cast<T>(e.weight)};
    }
    r.sources[r.targets] = {mixed_.data(), whole_.data(), 1, static_cast<std::uint32_t>(workers)};
    if (is_split) r.sources[0].to_max = 2;
  }
  /// A server averages over those who are present; what is integrated stays a share of all.
  std::vector<edge> present_as(run_state<T> const& run, std::vector<edge> from, int player) const {
    if (run.absent.empty()) return from;
    std::erase_if(from, [&](edge const& e) { return run.is_absent(e.worker, player); });
    if (!code.integrates)
      for (edge& e : from) e.weight = 1.0 / static_cast<double>(from.size());
    return from;
  }
  /// A worker keeps what it would have taken of the absent; these keep all.
  static std::vector<edge> present(run_state<T> const& run, std::vector<edge> from, int worker) {
    if (run.absent.empty()) return from;
    bool const alone = run.is_absent(worker);
    double kept = 0;
    std::erase_if(from, [&](edge const& e) {
      bool const is_out = e.worker != worker && (alone || run.is_absent(e.worker));
      if (is_out) kept += e.weight;
      return is_out;
    });
    auto own = std::ranges::lower_bound(from, worker, {}, &edge::worker);
    if (own == from.end() || own->worker != worker) own = from.insert(own, {worker, 0});
    own->weight += kept;
    return from;
  }

  int rounds_;
  std::uint64_t latest_[3] = {};  // of both players at once, then of each
  std::vector<heard_round> heard_;
  std::vector<message_planes> outgoing_;  // where each hosted worker writes
  std::vector<T*> aside_;                 // p of each hosted worker, to select from it
  T *server_memory_ = nullptr, *server_aside_ = nullptr;
  message_planes server_message_{};
  array<message_planes> outgoing_there_{}, senders_{}, mixed_{};  // mixed_: public copies, or the server's message
  array<term<T>> whole_{};
  std::vector<copy_elsewhere<T>> distant_;
  array<copy_elsewhere<T>> distant_there_{};
  std::vector<std::vector<edge>> lists_;
  Engine* engine_ = nullptr;
  run_state<T>* run_ = nullptr;
  std::unique_ptr<messenger<T>> messages_;
};

SADDLE_NAMESPACE_END
