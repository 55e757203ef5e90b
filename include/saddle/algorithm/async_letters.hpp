#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/algorithm/async_workers.hpp"
#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/bad_message.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

// How the processes of an asynchronous run talk. A letter is a head and a body: a push is a message as it travels
// everywhere, weights are all padded coordinates. With more than one process rank 0 is the server and has no workers.

struct letter_head {
  // refused: weights all the same; wait: there is nothing yet
  enum class kind : std::int32_t { push, weights, refused, wait, stop, stopped };
  kind what;
  std::int32_t worker = 0;
  std::int64_t number = 0;  // of the gradient that was pushed, or is to be taken
  std::uint64_t sum = 0;    // of all else
};
inline std::uint64_t sum_of(letter_head head, std::span<std::byte const> body) {
  head.sum = 0;
  checksum sum;
  sum.add(std::as_bytes(std::span(&head, 1)));
  sum.add(body);
  return sum.value();
}
/// With a body of so many bytes that fill(body) writes.
template <class Fill>
std::vector<std::byte> letter_of(letter_head head, std::size_t size, Fill const& fill) {
  std::vector<std::byte> bytes(sizeof head + size);
  std::span const body = std::span(bytes).subspan(sizeof head);
  fill(body);
  head.sum = sum_of(head, body);
  std::memcpy(bytes.data(), &head, sizeof head);
  return bytes;
}
inline std::vector<std::byte> letter_of(letter_head const& head) {
  return letter_of(head, 0, [](std::span<std::byte>) {});
}
/// errors  bad_message
inline std::pair<letter_head, std::span<std::byte const>> opened(letter const& l) {
  letter_head head{};
  std::span<std::byte const> body;
  bool const has_head = l.bytes.size() >= sizeof head;
  if (has_head) {
    std::memcpy(&head, l.bytes.data(), sizeof head);
    body = std::span(l.bytes).subspan(sizeof head);
  }
  if (!has_head || sum_of(head, body) != head.sum)
    throw bad_message("async_server: a letter of rank " + std::to_string(l.rank) + " is damaged");
  return {head, body};
}

/// The first of the workers that a rank hosts.
inline int first_async_worker(communicator const& between, int rank) {
  if (between.is_local()) return rank * between.workers();
  return static_cast<int>(std::int64_t{between.workers()} * std::max(rank - 1, 0) / (between.ranks() - 1));
}

/// The server's side: what has come from workers elsewhere, and who is silent.
template <class T, class Channel>
class async_inbox {
  using clock = std::chrono::steady_clock;
  static constexpr clock::time_point never = clock::time_point::max();

 public:
  async_inbox(communicator& between, Channel const& channel)
      : link_(between),
        channel_(channel),
        workers_(static_cast<std::size_t>(between.workers())),
        ranks_(static_cast<std::size_t>(between.ranks())) {
    for (int r = 1; r < between.ranks(); ++r)
      for (int m = first_async_worker(between, r); m < first_async_worker(between, r + 1); ++m) at(m) = {.rank = r};
  }

  /// Weights for worker m, for its gradient of this number; for the first it has those of the start.
  void give(int m, std::int64_t number, std::span<T const> weights, letter_head::kind what) {
    at(m).number = number;
    at(m).since = now();
    write(at(m).rank, letter_of({what, m, number}, weights.size_bytes(), [&](std::span<std::byte> body) {
            std::ranges::copy(std::as_bytes(weights), body.begin());
          }));
  }

  /// Whose push is the next one: the first that came, or that of worker `wanted`, if it is not negative.
  /// errors  transport_error, bad_message
  int next(int wanted) {
    for (auto const begin = clock::now();;) {
      auto const it = wanted < 0 ? come_.begin() : std::ranges::find(come_, wanted);
      if (it != come_.end()) {
        int const m = *it;
        come_.erase(it);
        return m;
      }
      if (wanted >= 0) ask_to_wait();
      if (!take(begin))
        throw transport_error("async_server: rank 0 has heard of " +
                              (wanted < 0 ? std::string("no worker") : "no push of worker " + std::to_string(wanted)) +
                              " for " + std::to_string(link_.deadline().count()) + " ms");
    }
  }
  async_push of(int m) { return {at(m).message.data(), at(m).number, at(m).non_finite}; }

  /// A run begins: the time in between is nobody's silence.
  void resume() {
    auto const pause = clock::now() - now();
    stopped_.reset();
    for (worker& w : workers_)
      if (w.since != never) w.since += pause;
  }
  /// It ends: returns when all ranks have heard of it that are not silent. What they pushed before is kept.
  void stop() {
    for (int const m : silent()) ranks_[static_cast<std::size_t>(at(m).rank)].is_silent = true;
    for (std::size_t r = 1; r < ranks_.size(); ++r) {
      write(static_cast<int>(r), letter_of({letter_head::kind::stop}));
      ++ranks_[r].stops;
    }
    auto const waits = [](rank const& r) { return r.stops > 0 && !r.is_silent; };
    for (auto const begin = clock::now(); std::ranges::any_of(ranks_, waits);)
      if (!take(begin))
        for (rank& r : ranks_) r.is_silent = r.is_silent || waits(r);
    stopped_ = clock::now();
  }
  /// Nothing that was pushed or is on its way counts any more.
  void forget() {
    come_.clear();
    for (worker& w : workers_) w.number = -1;
  }
  /// Workers that have been silent for longer than the deadline.
  std::vector<int> silent() const {
    std::vector<int> all;
    for (std::size_t m = 0; m < workers_.size(); ++m)
      if (is_silent(workers_[m])) all.push_back(static_cast<int>(m));
    return all;
  }

 private:
  struct worker {
    int rank = 0;
    std::int64_t number = 1, non_finite = no_coordinate;
    clock::time_point since = clock::now();  // it has begun with what it has not pushed yet; or `never`
    aligned_vector<std::byte> message{};
  };
  struct rank {
    int stops = 0;  // that it was asked for and has not answered
    bool is_silent = false;
    clock::time_point written = clock::now();  // when it was sent a letter
  };

  worker& at(int m) { return workers_[static_cast<std::size_t>(m)]; }
  /// Between two runs time stands still.
  clock::time_point now() const { return stopped_.value_or(clock::now()); }
  bool is_silent(worker const& w) const { return w.since != never && now() - w.since > link_.deadline(); }
  void write(int to, std::vector<std::byte> bytes) {
    ranks_[static_cast<std::size_t>(to)].written = clock::now();
    link_.post(to, std::move(bytes));
  }
  /// Where others come first, ranks would take the server for dead.
  void ask_to_wait() {
    for (std::size_t r = 1; r < ranks_.size(); ++r)
      if (clock::now() - ranks_[r].written > link_.deadline() / 2)
        write(static_cast<int>(r), letter_of({letter_head::kind::wait}));
  }
  /// One letter; false if none comes until the deadline is over.
  bool take(clock::time_point begin) {
    auto const left = link_.deadline() - std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begin);
    auto const l = link_.take(std::max(left, std::chrono::milliseconds(0)));
    if (!l) return false;
    auto const [head, body] = opened(*l);
    rank& from = ranks_[static_cast<std::size_t>(l->rank)];
    from.is_silent = false;
    if (head.what == letter_head::kind::stopped) {
      --from.stops;
      return true;
    }
    bool const is_push = head.what == letter_head::kind::push && head.worker >= 0 &&
                         head.worker < static_cast<int>(workers_.size()) && at(head.worker).rank == l->rank;
    if (!is_push) throw bad_message("async_server: rank " + std::to_string(l->rank) + " sent no push of its workers");
    worker& w = at(head.worker);
    if (head.number != w.number || w.since == never) return true;  // what a checkpoint has left out
    w.message.resize(channel_.planes_size());
    w.non_finite = channel_.open(body, w.message.data(), head.worker, head.number);
    w.since = never;
    come_.push_back(head.worker);
    return true;
  }

  communicator& link_;
  Channel const& channel_;
  std::vector<worker> workers_;
  std::vector<rank> ranks_;
  std::deque<int> come_;  // in the order in which they did
  std::optional<clock::time_point> stopped_ = clock::now();  // not in a run, since then
};

/// The workers' side, until the server ends the run.
/// errors  transport_error, bad_message
template <class T, class Channel, class Workers, class Engine>
void work_for_server(communicator& between, Channel const& channel, Workers& workers, Engine& engine) {
  auto const fail = [&](std::string const& why) {
    throw transport_error("async_server: rank " + std::to_string(between.rank()) + ": " + why);
  };
  for (;;) {
    std::vector<int> const due(workers.due().begin(), workers.due().end());
    workers.take(engine);
    for (int const m : due) {
      auto const p = workers.pushed(engine, m);
      auto const size = static_cast<std::size_t>(channel.size().total);
      between.post(0, letter_of({letter_head::kind::push, m, p.number}, size, [&](std::span<std::byte> body) {
                     channel.seal(body, p.message, p.non_finite, m, p.number);
                   }));
    }
    auto const patience = 2 * between.deadline();  // the server may have waited for another rank until the end of one
    auto l = between.take(patience);
    if (!l) fail("the server has been silent for " + std::to_string(patience.count()) + " ms");
    for (; l; l = between.take(std::chrono::milliseconds(0))) {
      auto const [head, body] = opened(*l);
      if (head.what == letter_head::kind::stop) {
        between.post(0, letter_of({letter_head::kind::stopped}));
        try {
          between.hand_over();  // where this process goes now, nobody may look after its letters
        } catch (transport_error const&) {  // the server has left this rank behind, and gone on
        }
        return;
      }
      if (head.what == letter_head::kind::wait) continue;
      bool const is_refused = head.what == letter_head::kind::refused;
      bool const is_good = l->rank == 0 && (head.what == letter_head::kind::weights || is_refused) &&
                           workers.hosts(head.worker) && (!is_refused || workers.has_pushed(head.worker)) &&
                           body.size() == channel.padded() * sizeof(T);
      if (!is_good) throw bad_message("async_server: rank " + std::to_string(between.rank()) + " got no weights");
      std::vector<T> weights(channel.padded());
      std::memcpy(weights.data(), body.data(), body.size());
      if (is_refused) workers.restore(engine, head.worker);
      workers.pull(head.worker, weights, head.number);
    }
  }
}

SADDLE_NAMESPACE_END
