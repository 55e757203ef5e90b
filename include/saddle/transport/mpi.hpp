#pragma once
#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <boost/mpi/exception.hpp>
#include <boost/mpi/request.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/transport/concept.hpp"
#include "saddle/transport/launched.hpp"

SADDLE_NAMESPACE_BEGIN

/// Workers over the ranks of an MPI program, in the order of the ranks: n ranks host n or more workers. All ranks make
/// the same calls.
///
/// workers   0: one a rank
/// deadline  how long a process waits for another one before it gives up; longer than the slowest step
/// server    where a parameter server averages
/// errors    std::invalid_argument: MPI is not initialized, some rank would have no worker, or a launcher has started
///           others that MPI does not know of; transport_error
struct mpi {
  int workers = 0;
  std::chrono::milliseconds deadline = std::chrono::minutes(5);
  server_place server = server_place::sharded;

  std::unique_ptr<communicator> connect() const {
    expects(boost::mpi::environment::initialized(), "mpi: MPI is not initialized; see mpi::guard");
    boost::mpi::communicator const world;
    if (world.size() == 1) expects_alone("mpi");
    int const all = workers == 0 ? world.size() : workers;
    expects(all >= world.size() && all < 1 << 24,
            [&] { return "mpi: " + std::to_string(world.size()) + " ranks need as many workers, not " +
                         std::to_string(all); });
    expects(deadline.count() > 0, "mpi: the deadline is a positive time");
    return std::make_unique<connection>(all, deadline, server);
  }

  /// The main function of a program: starts MPI, runs f() and returns what it returns. Where a launcher has started
  /// others that MPI does not know of, f is not called. An exception that leaves f is
  /// reported on stderr and ends all ranks, or the others would wait for this one.
  template <class F>
  static int guard(int argc, char** argv, F const& f) {
    boost::mpi::environment const started(argc, argv, boost::mpi::threading::funneled, false);
    try {
      if (boost::mpi::communicator().size() == 1) expects_alone("mpi");
      return f();
    } catch (std::exception const& e) {
      std::fprintf(stderr, "rank %d: %s\n", boost::mpi::communicator().rank(), e.what());
    } catch (...) {
      std::fprintf(stderr, "rank %d: an unknown exception\n", boost::mpi::communicator().rank());
    }
    boost::mpi::environment::abort(1);
    return 1;
  }

 private:
  class connection final : public communicator {
    using clock = std::chrono::steady_clock;

   public:
    /// A communicator of its own: messages meet no others of the program.
    connection(int workers, std::chrono::milliseconds deadline, server_place server)
        : world_(std::make_unique<boost::mpi::communicator>(boost::mpi::communicator(), boost::mpi::comm_duplicate)),
          rank_(world_->rank()),
          ranks_(world_->size()),
          workers_(workers),
          deadline_(deadline),
          server_(server),
          from_(at(ranks_)),
          to_(at(ranks_)) {}
    /// After an error nobody may be there to take part in freeing the communicator.
    ~connection() override {
      if (pending_.empty() && !boost::mpi::environment::finalized()) {
        try {
          forget_delivered();
        } catch (transport_error const&) {  // it stays posted
        }
        if (posted_.empty() && arriving_.empty()) return;
      }
      auto const cancel = [](boost::mpi::request& request) {
        try {
          request.cancel();
        } catch (boost::mpi::exception const&) {  // it was done after all
        }
      };
      for (transmission& t : pending_) cancel(t.request);
      for (auto* const letters : {&posted_, &arriving_})
        for (mail& m : *letters) cancel(m.way.request);
      static_cast<void>(world_.release());
    }
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    int workers() const override { return workers_; }
    int ranks() const override { return ranks_; }
    int rank() const override { return rank_; }
    server_place server() const override { return server_; }
    std::int64_t wire_bytes() const override { return wire_bytes_; }
    std::chrono::milliseconds deadline() const override { return deadline_; }

    void post(int rank, std::vector<std::byte> bytes) override {
      forget_delivered();
      expects(bytes.size() <= most_bytes, "mpi: a letter is no longer than 2^30 bytes");
      mail& m = posted_.emplace_back();
      m.bytes = std::move(bytes);
      int const n = static_cast<int>(m.bytes.size());
      m.way = {world_->isend(rank, direction::tags, reinterpret_cast<char const*>(m.bytes.data()), n), rank, sent};
      wire_bytes_ += n;
    }
    std::optional<letter> take(std::chrono::milliseconds patience) override {
      auto const begin = clock::now();
      for (;;) {
        forget_delivered();
        if (auto l = arrived()) return l;
        auto const waited = clock::now() - begin;
        if (waited >= patience) return std::nullopt;
        rest(waited);
      }
    }

    void hand_over() override {
      for (auto const begin = clock::now(); !posted_.empty(); forget_delivered()) {
        auto const waited = clock::now() - begin;
        if (waited > deadline_) fail("a letter has not left within " + std::to_string(deadline_.count()) + " ms");
        rest(waited);
      }
    }

    void start(exchange_round const& round) override {
      step_ = round.step;
      round_ = round.round;
      ++starts_;
      for (parcel const& p : round.receives)
        each_part(p.bytes, [&](char* bytes, int n) {
          pending_.push_back({world_->irecv(p.rank, from_[at(p.rank)].tag(starts_), bytes, n), p.rank, n});
        });
      for (parcel const& p : round.sends)
        each_part(p.bytes, [&](char* bytes, int n) {
          int const tag = to_[at(p.rank)].tag(starts_);
          pending_.push_back({world_->isend(p.rank, tag, static_cast<char const*>(bytes), n), p.rank, sent});
          wire_bytes_ += n;
        });
    }
    void finish() override {
      auto const begin = clock::now();
      while (!pending_.empty()) {
        std::erase_if(pending_, [&](transmission& t) { return is_done(t); });
        if (pending_.empty()) break;
        auto const waited = clock::now() - begin;
        if (waited > deadline_) give_up();
        rest(waited);
      }
    }

   private:
    static constexpr int sent = -1;
    static constexpr std::size_t most_bytes = 1u << 30;  // of one MPI message, whose length is an int

    static void rest(clock::duration waited) {
      if (waited > std::chrono::milliseconds(1)) std::this_thread::sleep_for(std::chrono::microseconds(20));
      else std::this_thread::yield();
    }
    struct transmission {
      boost::mpi::request request;
      int rank, expected;  // bytes, or `sent`
    };
    struct mail {
      transmission way{};
      std::vector<std::byte> bytes{};
    };
    void forget_delivered() {
      std::erase_if(posted_, [&](mail& m) { return is_done(m.way); });
    }
    /// The next letter that is here in full. One that is announced may take as long as its sender's process is busy
    /// with something else, and letters of others do not wait for it.
    std::optional<letter> arrived() {
      while (auto const status = world_->iprobe(boost::mpi::any_source, direction::tags)) {
        int const n = status->count<char>().value_or(0);
        mail& m = arriving_.emplace_back();
        m.bytes.resize(static_cast<std::size_t>(n));
        m.way = {world_->irecv(status->source(), direction::tags, reinterpret_cast<char*>(m.bytes.data()), n),
                 status->source(), n};
      }
      for (auto m = arriving_.begin(); m != arriving_.end(); ++m) {
        int const rank = m->way.rank;
        bool const is_next = std::none_of(arriving_.begin(), m, [&](mail const& o) { return o.way.rank == rank; });
        if (!is_next || !is_done(m->way)) continue;
        letter l{rank, std::move(m->bytes)};
        arriving_.erase(m);
        return l;
      }
      return std::nullopt;
    }

    /// Counts the exchanges with another process in one direction, as that process does: what was lost is missed and
    /// not mistaken for the next one.
    struct direction {
      static constexpr int tags = 32767;  // MPI promises one more, which letters have
      std::int64_t latest = 0;
      int count = 0;
      int tag(std::int64_t start) {
        if (start != latest) count = (count + 1) % tags;
        latest = start;
        return count;
      }
    };
    static std::size_t at(int rank) { return static_cast<std::size_t>(rank); }

    template <class F>
    static void each_part(std::span<std::byte> bytes, F const& f) {
      for (std::size_t begin = 0; begin < bytes.size(); begin += most_bytes)
        f(reinterpret_cast<char*>(bytes.data() + begin), static_cast<int>(std::min(most_bytes, bytes.size() - begin)));
    }
    bool is_done(transmission& t) {
      boost::optional<boost::mpi::status> status;
      try {
        status = t.request.test();
      } catch (boost::mpi::exception const& e) {  // a longer message than the one that was lost, for example
        fail("rank " + std::to_string(t.rank) + (t.expected == sent ? " gets nothing: " : " sent no such message: ") +
             e.what());
      }
      if (!status) return false;
      if (t.expected != sent) {
        int const came = status->count<char>().value_or(-1);
        if (came != t.expected)
          fail("rank " + std::to_string(t.rank) + " sent " + std::to_string(came) +
               " bytes, not " + std::to_string(t.expected));
      }
      return true;
    }
    [[noreturn]] void give_up() const {
      std::vector<int> silent, deaf;
      for (transmission const& t : pending_) {
        std::vector<int>& ranks = t.expected == sent ? deaf : silent;
        if (std::find(ranks.begin(), ranks.end(), t.rank) == ranks.end()) ranks.push_back(t.rank);
      }
      std::string why;
      auto const list = [&](std::vector<int> const& ranks, char const* what) {
        for (std::size_t i = 0; i < ranks.size(); ++i) why += (i == 0 ? "rank " : ", rank ") + std::to_string(ranks[i]);
        if (!ranks.empty()) why += what;
      };
      list(silent, " has not sent");
      if (!silent.empty() && !deaf.empty()) why += "; ";
      list(deaf, " has not received");
      fail(why + " within " + std::to_string(deadline_.count()) + " ms");
    }
    [[noreturn]] void fail(std::string const& why) const {
      throw transport_error("mpi: rank " + std::to_string(rank_) + ", step " + std::to_string(step_) + ", round " +
                            std::to_string(round_) + ": " + why);
    }

    std::unique_ptr<boost::mpi::communicator> world_;
    int rank_, ranks_, workers_;
    std::chrono::milliseconds deadline_;
    server_place server_;
    std::int64_t starts_ = 0;
    std::vector<direction> from_, to_;  // of each rank
    std::vector<transmission> pending_;
    std::list<mail> posted_;    // letters that may not have left
    std::list<mail> arriving_;  // and that may not be here
    std::int64_t step_ = 0;
    int round_ = 0;
    std::int64_t wire_bytes_ = 0;
  };
};

static_assert(transport<mpi>);

SADDLE_NAMESPACE_END
