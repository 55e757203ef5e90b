#pragma once
// Several processes as threads of one: what they send each other goes through queues, where tests can read it.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "saddle/core/message_header.hpp"
#include "saddle/transport/concept.hpp"

namespace test {

using bytes = std::vector<std::byte>;

struct network {
  std::mutex mutex;
  std::condition_variable news;
  std::map<std::pair<int, int>, std::deque<bytes>> under_way;  // from, to
  std::map<int, std::deque<saddle::letter>> letters;           // to
  std::map<int, bytes> latest;                                 // of each sender, its message without the header
  std::function<void(bytes&)> tamper{};                        // with every parcel
};

/// One of `ranks` processes that host `workers` together.
struct process {
  std::shared_ptr<network> wires;
  int workers = 1, ranks = 1, rank = 0;
  saddle::server_place server = saddle::server_place::sharded;
  std::chrono::milliseconds deadline = std::chrono::seconds(60);

  std::unique_ptr<saddle::communicator> connect() const;
};

class connection final : public saddle::communicator {
 public:
  explicit connection(process p) : self_(std::move(p)) {}
  int workers() const override { return self_.workers; }
  int ranks() const override { return self_.ranks; }
  int rank() const override { return self_.rank; }
  saddle::server_place server() const override { return self_.server; }
  std::int64_t wire_bytes() const override { return wire_bytes_; }
  std::chrono::milliseconds deadline() const override { return self_.deadline; }
  void post(int rank, bytes b) override {
    std::lock_guard const lock(self_.wires->mutex);
    wire_bytes_ += static_cast<std::int64_t>(b.size());
    if (self_.wires->tamper) self_.wires->tamper(b);
    self_.wires->letters[rank].push_back({self_.rank, std::move(b)});
    self_.wires->news.notify_all();
  }
  std::optional<saddle::letter> take(std::chrono::milliseconds patience) override {
    std::unique_lock lock(self_.wires->mutex);
    std::deque<saddle::letter>& mine = self_.wires->letters[self_.rank];
    if (!self_.wires->news.wait_for(lock, patience, [&] { return !mine.empty(); })) return std::nullopt;
    saddle::letter l = std::move(mine.front());
    mine.pop_front();
    return l;
  }
  void start(saddle::exchange_round const& round) override {
    std::lock_guard const lock(self_.wires->mutex);
    int sender = -1;
    for (saddle::parcel const& p : round.sends) {
      bytes copy(p.bytes.begin(), p.bytes.end());
      if (is_header(copy)) {
        sender = header_of(copy).sender;
        self_.wires->latest[sender].clear();
      } else if (sender >= 0) {
        bytes& all = self_.wires->latest[sender];
        all.insert(all.end(), copy.begin(), copy.end());
      }
      if (self_.wires->tamper) self_.wires->tamper(copy);
      self_.wires->under_way[{self_.rank, p.rank}].push_back(std::move(copy));
      wire_bytes_ += static_cast<std::int64_t>(p.bytes.size());
    }
    wanted_.assign(round.receives.begin(), round.receives.end());
    self_.wires->news.notify_all();
  }
  void finish() override {
    std::unique_lock lock(self_.wires->mutex);
    for (saddle::parcel const& p : wanted_) {
      std::deque<bytes>& queue = self_.wires->under_way[{p.rank, self_.rank}];
      if (!self_.wires->news.wait_for(lock, self_.deadline, [&] { return !queue.empty(); }))
        throw saddle::transport_error("rank " + std::to_string(p.rank) + " has not sent");
      if (queue.front().size() != p.bytes.size()) throw saddle::transport_error("a parcel of another size");
      std::copy(queue.front().begin(), queue.front().end(), p.bytes.begin());
      queue.pop_front();
    }
    wanted_.clear();
  }

 private:
  static saddle::message_header header_of(bytes const& b) {
    saddle::message_header h;
    std::memcpy(&h, b.data(), sizeof h);
    return h;
  }
  static bool is_header(bytes const& b) {
    return b.size() == sizeof(saddle::message_header) && header_of(b).magic == saddle::message_header::expected_magic;
  }
  process self_;
  std::vector<saddle::parcel> wanted_;
  std::int64_t wire_bytes_ = 0;
};
inline std::unique_ptr<saddle::communicator> process::connect() const { return std::make_unique<connection>(*this); }

/// f(rank) for all ranks at the same time; the first exception is thrown again when all have returned.
template <class F>
void on_all_ranks(int ranks, F const& f) {
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(ranks));
  std::vector<std::thread> threads;
  for (int r = 0; r < ranks; ++r)
    threads.emplace_back([&, r] {
      try {
        f(r);
      } catch (...) {
        thrown[static_cast<std::size_t>(r)] = std::current_exception();
      }
    });
  for (std::thread& t : threads) t.join();
  for (std::exception_ptr const& e : thrown)
    if (e) std::rethrow_exception(e);
}

/// Trainers of the same run, one a rank.
template <class Trainer>
class fleet_of_processes {
 public:
  /// make(process) gives a rank's trainer.
  template <class Make>
  fleet_of_processes(int workers, int ranks, Make const& make,
                     saddle::server_place server = saddle::server_place::sharded)
      : wires_(std::make_shared<network>()), workers_(workers), trainers_(static_cast<std::size_t>(ranks)) {
    each([&](int r) {
      trainers_[static_cast<std::size_t>(r)].emplace(make(process{wires_, workers, ranks, r, server}));
    });
  }
  template <class F>
  void each(F const& f) {
    on_all_ranks(ranks(), f);
  }
  void run(std::int64_t steps) {
    each([&](int r) { trainers_[static_cast<std::size_t>(r)]->run(steps); });
  }
  void step() { run(1); }
  int ranks() const { return static_cast<int>(trainers_.size()); }
  Trainer& operator[](int rank) { return *trainers_[static_cast<std::size_t>(rank)]; }
  /// The trainer that hosts a worker.
  Trainer const& host_of(int worker) const {
    int r = 0;
    while (workers_ * (r + 1) / ranks() <= worker) ++r;
    return *trainers_[static_cast<std::size_t>(r)];
  }
  network& wires() { return *wires_; }

 private:
  std::shared_ptr<network> wires_;
  int workers_;
  std::vector<std::optional<Trainer>> trainers_;
};

}  // namespace test
