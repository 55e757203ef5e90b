#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/exec/concept.hpp"
#include "saddle/step/absorb.hpp"
#include "saddle/step/combine.hpp"
#include "saddle/step/non_finite.hpp"
#include "saddle/topology/concept.hpp"
#include "saddle/train/program.hpp"

SADDLE_NAMESPACE_BEGIN

/// What all programs of an executor have in common: its memory, and the tables that the kernels read there. No policy
/// has a part in it, so that it is compiled once, whatever the number of combinations.
template <class T, class Executor>
class executor_program : public program<T> {
 public:
  bucket_layout layout() const override { return tensors_.on_host(); }
  bool in_host_memory() const override { return Executor::in_host_memory; }
  T* allocate(std::size_t n) override { return reinterpret_cast<T*>(allocate_bytes(n * sizeof(T))); }
  /// Where there are hundreds of small arrays, for as many workers, they share blocks on huge pages: a step over
  /// thousands of pages waits for address translation most of the time.
  std::byte* allocate_bytes(std::size_t n) override {
    constexpr std::size_t block = std::size_t{1} << 22, few = 256;
    if (bytes_.size() < few || n > block / 16)
      return bytes_.emplace_back(engine_.template allocate<std::byte>(n)).data();
    n = (n + 127) / 128 * 128;
    if (left_ < n) {
      left_ = block;
      next_ = bytes_.emplace_back(engine_.template allocate<std::byte>(block)).data();
    }
    left_ -= n;
    return std::exchange(next_, next_ + n);
  }
  void read(T* host, T const* there, std::size_t n) const override { engine_.read(host, there, n); }
  void write(T* there, T const* host, std::size_t n) override { engine_.write(there, host, n); }
  void read_bytes(std::span<std::byte> host, std::byte const* there) const override {
    engine_.read(host.data(), there, host.size());
  }
  void write_bytes(std::byte* there, std::span<std::byte const> host) override {
    engine_.write(there, host.data(), host.size());
  }
  void copy(T* to, T const* from, std::size_t n) override { engine_.copy(to, from, n); }
  void bind(fleet<T> const& all) override {
    fleet_ = all;
    auto const hosted = static_cast<std::size_t>(all.hosted), first = static_cast<std::size_t>(all.first);
    auto const everyone = static_cast<std::size_t>(all.all);
    table(workers_, all.workers);
    table(outgoing_, all.outgoing);
    std::vector<message_planes> heard(everyone), mixed(kind_.mixes_copies ? everyone : 0);
    for (std::size_t m = 0; m < hosted; ++m) {
      heard[first + m] = all.outgoing[m];
      if (kind_.mixes_copies) mixed[first + m] = dense(all.workers[m].copy);
    }
    if (kind_.relays) mixed = {all.server_message};
    table(senders_, heard);
    table(mixed_, mixed);
    lowest_ = engine_.template allocate<std::int64_t>(everyone + 1);
    table(whole_, std::vector<term<T>>{{0, T(1)}});
    log_ = engine_.template allocate<mishaps>(1);
    set_met({});
    samples_.resize(engine_, hosted * static_cast<std::size_t>(kind_.phases));
  }
  void move_workers(std::vector<worker_arrays<T>> const& to) override {
    assert(to.size() == fleet_.workers.size());
    fleet_.workers = to;
    engine_.write(workers_.data(), to.data(), to.size());
    engine_.forget_recordings();
  }
  void hear(int worker, message_planes const& from, T* copy) override {
    assert(worker >= 0 && worker < fleet_.all);
    engine_.write(senders_.data() + worker, &from, 1);
    if (copy == nullptr) return;
    message_planes const planes = dense(copy);
    engine_.write(mixed_.data() + worker, &planes, 1);
    distant_.push_back({from, copy, static_cast<std::uint32_t>(worker)});
    table(distant_copies_, distant_);
    engine_.forget_recordings();  // the table has moved
  }

  using program<T>::plan, program<T>::sources;
  void plan(int phase, int hosted, sample const& s) override { samples_[sample_at(phase, hosted)] = s; }
  void plan(int round, std::span<std::vector<edge> const> heard) override {
    heard_round& r = received_at(round);
    std::size_t terms = 0;
    for (std::vector<edge> const& from : heard) terms += from.size();
    r.terms.resize(engine_, terms);
    r.sources.resize(engine_, heard.size() + 1);  // what the server hears and, after a relay, what its workers do
    std::size_t next = 0;
    message_planes const* const messages = kind_.mixes_copies ? mixed_.data() : senders_.data();
    for (std::size_t target = 0; target < heard.size(); ++target) {
      r.sources[target] = {messages, r.terms.there() + next, static_cast<int>(heard[target].size())};
      for (edge const& e : heard[target]) {
        assert(e.worker >= 0 && e.worker < fleet_.all);
        r.terms[next++] = {e.worker, static_cast<T>(e.weight)};
      }
    }
    r.sources[heard.size()] = {mixed_.data(), whole_.data(), 1, static_cast<std::uint32_t>(fleet_.all)};
  }
  void publish() override {
    samples_.publish(engine_);
    for (heard_round& r : received_) {
      r.terms.publish(engine_);
      r.sources.publish(engine_);
    }
  }
  void replay(int kind, std::function<void()> const& f, bool repeats) override {
    if (repeats) engine_.replay(kind, f);
    else f();
  }

  void judge(int round) override {
    engine_.once(skip_if_non_finite<T>{sources(round), kind_.averages ? 1 : fleet_.hosted, lowest_.data()});
  }
  void begin() override { engine_.once(forget_non_finite{lowest_.data(), fleet_.all + 1}); }
  void each_worker(int phase, std::function<void(int, sample const*)> const& f) override {
    engine_.each(fleet_.hosted, [&](std::int64_t m) {
      f(static_cast<int>(m), samples_.there() + sample_at(phase, static_cast<int>(m)));
    });
  }
  std::vector<std::int64_t> non_finite() const override {
    std::vector<std::int64_t> lowest(static_cast<std::size_t>(fleet_.all) + 1);
    engine_.read(lowest.data(), lowest_.data(), lowest.size());
    return lowest;
  }
  void set_non_finite(int who, std::int64_t coordinate) override {
    assert(who >= 0 && who <= fleet_.all);
    engine_.write(lowest_.data() + who, &coordinate, 1);
  }
  mishaps met() const override {
    mishaps m;
    engine_.read(&m, log_.data(), 1);
    return m;
  }
  void set_met(mishaps const& m) override { engine_.write(log_.data(), &m, 1); }

 protected:
  using engine = typename Executor::engine;
  template <class U>
  using array = typename engine::template array<U>;
  template <class U>
  using staged = typename engine::template staged<U>;

  /// What the tables depend on of a combination.
  struct combination {
    bool averages, relays, mixes_copies;
    int phases, rounds;
  };
  executor_program(Executor const& how, combination const& is, tensor_layout tensors)
      : kind_(sound(is)), engine_(how), tensors_(std::move(tensors)), received_(static_cast<std::size_t>(is.rounds)) {
    table(places_, tensors_.places());
    layout_ = tensors_.seen_at(places_.data());
  }

  template <class U>
  void table(array<U>& to, std::type_identity_t<std::span<U const>> from) {
    to = engine_.template allocate<U>(from.size());
    engine_.write(to.data(), from.data(), from.size());
  }
  incoming<T>* sources(int round) { return received_at(round).sources.there(); }
  incoming<T>* after_relay(int round) { return sources(round) + 1; }
  std::int64_t* hosted_lowest() { return lowest_.data() + fleet_.first; }

  combination const kind_;
  engine engine_;
  bucket_layout layout_;  // the kernels': its table lies where they read it
  fleet<T> fleet_;

  // In the executor's memory.
  array<worker_arrays<T>> workers_;
  array<message_planes> outgoing_, senders_, mixed_;  // mixed_: public copies, or the server's message
  std::vector<distant_copy<T>> distant_;
  array<distant_copy<T>> distant_copies_;
  mutable array<std::int64_t> lowest_;  // each worker's and the server's, of this step
  mutable array<mishaps> log_;

 private:
  struct heard_round {
    staged<term<T>> terms;
    staged<incoming<T>> sources;
  };
  static combination const& sound(combination const& is) {
    expects(is.phases >= 1 && is.rounds >= 1, "trainer: a step has at least one phase, and an exchange one round");
    return is;
  }
  /// An array as a message of identity.
  static message_planes dense(T* array) { return {{reinterpret_cast<std::byte*>(array)}}; }
  heard_round& received_at(int round) {
    assert(round >= 0 && round < kind_.rounds);
    return received_[static_cast<std::size_t>(round)];
  }
  std::size_t sample_at(int phase, int hosted) const {
    assert(phase >= 0 && phase < kind_.phases && hosted >= 0 && hosted < fleet_.hosted);
    return static_cast<std::size_t>(phase * fleet_.hosted + hosted);
  }

  tensor_layout tensors_;
  array<placed_tensor> places_;
  std::deque<array<std::byte>> bytes_;  // a deque does not move what it holds
  std::byte* next_ = nullptr;           // in a block that is shared
  std::size_t left_ = 0;
  array<term<T>> whole_;
  staged<sample> samples_;
  std::vector<heard_round> received_;
};

SADDLE_NAMESPACE_END
