#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/algorithm/async_letters.hpp"
#include "saddle/algorithm/async_settings.hpp"
#include "saddle/algorithm/async_workers.hpp"
#include "saddle/algorithm/push_channel.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/players.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/run/checkpoint.hpp"
#include "saddle/transport/concept.hpp"
#include "saddle/transport/virtual_workers.hpp"

SADDLE_NAMESPACE_BEGIN

/// The workers of an asynchronous server, wherever they are: in its process, where they take turns or a model of time
/// says who is next, or in other processes. It knows nothing of steps and staleness.
///
/// Distributed   compiled with what only several processes need
template <problem P, compression C, runs_in_host_memory Executor, bool Distributed>
class workers_of_server {
  using T = typename P::scalar;
  using engine = typename Executor::engine;
  using Channel = push_channel<T, C, Executor>;
  using Workers = async_workers<P, C, Executor>;
  using event = virtual_workers::event;

 public:
  /// The connection, the channel and the engine are kept elsewhere.
  workers_of_server(P of, communicator& between, Channel const& channel, engine& by, std::uint64_t seed)
      : link_(between),
        channel_(channel),
        engine_(by),
        here_(std::move(of), channel, seed, first_async_worker(between, between.rank()),
              first_async_worker(between, between.rank() + 1)) {}
  /// Who is next, and when, is for a model of time to say.
  void follow(simulated const& how, virtual_workers::bytes const& sizes) { model_.emplace(how, sizes); }
  /// Letters are taken from now on, on the server.
  void open() {
    if constexpr (Distributed)
      if (link_.rank() == 0 && !link_.is_local()) inbox_.emplace(link_, channel_);
  }

  std::string const& identity() const { return here_.identity(); }
  /// Where the problem begins.
  void initial(point<T> w) const { here_.initial(w); }
  bool is_there(int m) const { return !model_ || model_->is_there(m); }
  bool hosts(int m) const { return here_.hosts(m); }
  /// What error feedback of one that is here owes, the gradient that is due included.
  std::span<T const> memory(int m) const {
    here_.take(engine_);
    return here_.memory(m);
  }

  /// Worker m begins with these weights.
  void begin(int m, std::span<T const> weights) {
    if (here_.hosts(m)) here_.pull(m, weights, 1);
  }
  /// Other ranks than the server's work until the server ends the run.
  void work() {
    if constexpr (Distributed) work_for_server<T>(link_, channel_, here_, engine_);
  }
  void resume() {
    with_inbox([](auto& inbox) { inbox.resume(); });
  }
  void stop() {
    with_inbox([](auto& inbox) { inbox.stop(); });
  }

  /// What happens next. A push is that of worker `wanted`, if it is not negative.
  /// errors  transport_error, bad_message
  virtual_workers::occurrence next(int wanted, async_counters const& now) {
    if (model_) {
      if (auto const one = model_->next()) return *one;
      throw transport_error("async_server: after step " + std::to_string(now.step) + " all workers are away for ever");
    }
    if (wanted < 0 && link_.is_local()) wanted = static_cast<int>(now.turn % link_.workers());
    with_inbox([&](auto& inbox) { wanted = inbox.next(wanted); });
    return {wanted, event::pushes};
  }
  async_push pushed(int m) {
    async_push p{};
    if (link_.is_local()) p = here_.pushed(engine_, m);
    with_inbox([&](auto& inbox) { p = inbox.of(m); });
    return p;
  }
  /// New weights for worker m's gradient of this number; its push may have been refused.
  void answer(int m, std::int64_t number, std::span<T const> weights, bool refused) {
    with_inbox([&](auto& inbox) {
      inbox.give(m, number, weights, refused ? letter_head::kind::refused : letter_head::kind::weights);
    });
    if (!link_.is_local()) return;
    if (refused) here_.restore(engine_, m);
    here_.pull(m, weights, number);
    if (model_) model_->answer(m, number);
  }
  /// It crashes: all that it had is gone.
  void forget(int m) { here_.forget(m); }

  /// What the connection does not know.
  void complete(async_report& r) const {
    if (model_) {
      r.wire_bytes = model_->wire_bytes();
      r.simulated = model_->report();
    }
    if constexpr (Distributed)
      if (inbox_) r.left_behind = inbox_->silent();
  }

  /// All gradients that are due.
  void take() { here_.take(engine_); }
  /// On one process, when no gradient is due; elsewhere nothing is saved.
  void save(checkpoint_writer& out) const {
    if (!link_.is_local()) return;
    std::vector<double> const time = model_ ? model_->state() : std::vector<double>{};
    out.add(std::span<double const>(time));
    here_.save(out);
  }
  struct saved {
    std::vector<double> time;
    std::vector<typename Workers::saved> workers;
  };
  /// errors  bad_checkpoint
  saved saved_in(checkpoint_reader& in) const {
    if (!link_.is_local()) return {};
    std::vector<double> time = in.template get_all<double>();
    return {std::move(time), here_.saved_in(in)};
  }
  void set(saved const& then) {
    if (model_) model_->set_state(then.time);
    here_.set(then.workers);
  }
  /// Nothing that they were at counts any more.
  void forget_all() {
    with_inbox([](auto& inbox) { inbox.forget(); });
    here_.forget_all();
  }

 private:
  /// f(inbox) where the workers are elsewhere.
  template <class F>
  void with_inbox([[maybe_unused]] F const& f) {
    if constexpr (Distributed)
      if (inbox_) f(*inbox_);
  }

  communicator& link_;
  Channel const& channel_;
  engine& engine_;
  mutable Workers here_;  // gradients that are due are taken when somebody asks
  std::optional<virtual_workers> model_;
  std::optional<async_inbox<T, Channel>> inbox_;  // where the workers are elsewhere
};

SADDLE_NAMESPACE_END
