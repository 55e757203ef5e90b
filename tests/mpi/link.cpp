// Bytes between ranks: every size around the limits of a message, both ways at once, and no others.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

#include "require.hpp"
#include "saddle/mpi.hpp"

namespace {

using namespace saddle;
using test::require;

template <class E, class F>
void throws(F const& f, char const* what) {
  try {
    f();
  } catch (E const&) {
    return;
  }
  throw std::logic_error(what);
}

std::byte said(int from, int to, std::size_t i) {
  return static_cast<std::byte>(7 * from + 3 * to + static_cast<int>(i % 251));
}

/// All ranks send each other so many bytes, twice.
void everyone_to_everyone(saddle::communicator& l, std::size_t bytes) {
  auto const ranks = static_cast<std::size_t>(l.ranks());
  std::vector<std::vector<std::byte>> out(2 * ranks, std::vector<std::byte>(bytes)), in = out;
  std::vector<parcel> sends, receives;
  for (std::size_t k = 0; k < 2 * ranks; ++k) {
    int const other = static_cast<int>(k % ranks);
    if (other == l.rank()) continue;
    for (std::size_t i = 0; i < bytes; ++i) out[k][i] = said(l.rank(), other, i + k);
    sends.push_back({other, out[k]});
    receives.push_back({other, in[k]});
  }
  std::int64_t const before = l.wire_bytes();
  l.start({.step = 1, .round = 0, .sends = sends, .receives = receives});
  l.finish();
  for (parcel const& p : receives)
    for (std::size_t k = 0; k < 2 * ranks; ++k)
      if (p.bytes.data() == in[k].data())
        for (std::size_t i = 0; i < bytes; ++i) {
          // The sender's place for this rank, in its first or second half.
          std::size_t const theirs = static_cast<std::size_t>(l.rank()) + (k >= ranks ? ranks : 0);
          require(in[k][i] == said(p.rank, l.rank(), i + theirs), "bytes came as they were sent, in order");
        }
  require(l.wire_bytes() - before == static_cast<std::int64_t>(sends.size() * bytes),
          "wire_bytes counts what was sent");
}

/// The same by letters, which come from anybody in any order, and from one rank in its own.
void letters_to_everyone(saddle::communicator& l, std::size_t bytes) {
  auto const ranks = static_cast<std::size_t>(l.ranks());
  for (int k = 0; k < 3; ++k)
    for (int to = 0; to < l.ranks(); ++to) {
      std::vector<std::byte> out(bytes + static_cast<std::size_t>(k));
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = said(l.rank(), to, i);
      if (to != l.rank()) l.post(to, std::move(out));
    }
  std::vector<std::size_t> came(ranks);
  for (std::size_t n = 0; n < 3 * (ranks - 1); ++n) {
    auto const one = l.take(std::chrono::seconds(60));
    require(one.has_value(), "a letter comes");
    std::size_t& count = came[static_cast<std::size_t>(one->rank)];
    require(one->bytes.size() == bytes + count++, "letters of one rank come in their order");
    for (std::size_t i = 0; i < one->bytes.size(); ++i)
      require(one->bytes[i] == said(one->rank, l.rank(), i), "as they were posted");
  }
  require(!l.take(std::chrono::milliseconds(0)), "no others come");
}

}  // namespace

int main(int argc, char** argv) {
  return mpi::guard(argc, argv, [] {
    boost::mpi::communicator const world;
    auto const l = mpi{}.connect();
    require(l->workers() == world.size() && l->ranks() == world.size() && l->rank() == world.rank(),
            "one worker a rank");
    for (std::size_t bytes : {0, 1, 64, 4096, 65537, 1 << 22}) {
      everyone_to_everyone(*l, bytes);
      letters_to_everyone(*l, bytes);
    }

    for (int workers : {world.size(), world.size() + 1, 3 * world.size() + 2}) {
      auto const more = mpi{.workers = workers}.connect();
      int all = 0;
      for (int r = 0; r < more->ranks(); ++r) {
        require(more->first_of(r) == all && more->first_of(r + 1) > all, "every rank hosts the next workers");
        for (int m = more->first_of(r); m < more->first_of(r + 1); ++m) require(more->host_of(m) == r, "host_of");
        all = more->first_of(r + 1);
      }
      require(all == workers, "all workers have a host");
      everyone_to_everyone(*more, 100);  // links do not meet each other's messages
      everyone_to_everyone(*l, 100);
    }
    throws<std::invalid_argument>([&] { static_cast<void>(mpi{.workers = -1}.connect()); },
                                  "a negative number of workers");
    throws<std::invalid_argument>([&] { static_cast<void>(mpi{.workers = 1 << 24}.connect()); }, "too many workers");
    throws<std::invalid_argument>([&] { static_cast<void>(mpi{.deadline = {}}.connect()); }, "no time to wait");
    if (world.size() > 1)
      throws<std::invalid_argument>([&] { static_cast<void>(mpi{.workers = world.size() - 1}.connect()); },
                                    "too few workers");

    // A parcel of another size than the receiver's place.
    if (world.size() > 1) {
      auto const wrong = mpi{.deadline = std::chrono::seconds(20)}.connect();
      std::vector<std::byte> bytes(10);
      parcel const p{1 - wrong->rank(), std::span(bytes).first(wrong->rank() == 0 ? 9 : 10)};
      if (wrong->rank() == 0) {
        wrong->start({.sends = {&p, 1}});
        wrong->finish();
      } else if (wrong->rank() == 1) {
        wrong->start({.receives = {&p, 1}});
        throws<transport_error>([&] { wrong->finish(); }, "9 bytes instead of 10");
      }
    }
    if (world.rank() == 0) std::puts("ok");
    return 0;
  });
}
