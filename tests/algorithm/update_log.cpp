#include "saddle/algorithm/update_log.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "saddle/core/counter_rng.hpp"

namespace update_log_tests {

using namespace saddle;

namespace {

/// A copy of all counts for every pull.
struct naive_log {
  std::vector<std::uint32_t> now;
  std::vector<std::vector<std::uint32_t>> at_pull;  // empty: none is outstanding
  naive_log(std::size_t coordinates, int workers) : now(coordinates), at_pull(static_cast<std::size_t>(workers)) {}
  void pull(int m) { at_pull[static_cast<std::size_t>(m)] = now; }
  void end(int m) { at_pull[static_cast<std::size_t>(m)].clear(); }
  void add(std::vector<std::uint8_t> const& touched) {
    for (std::size_t k = 0; k < now.size(); ++k) now[k] += touched[k];
  }
};

/// `used` coordinates, of which each is touched with this probability; the rest never are.
std::vector<std::uint8_t> touched(random_sequence& random, std::size_t coordinates, std::size_t used, double share) {
  std::vector<std::uint8_t> t(coordinates);
  for (std::size_t k = 0; k < used; ++k) t[k] = share >= 1 || random.uniform() < share;
  return t;
}

void expect_equal(update_log const& log, naive_log const& naive, std::size_t used) {
  std::vector<std::uint32_t> counts(naive.now.size());
  for (std::size_t m = 0; m < naive.at_pull.size(); ++m) {
    REQUIRE(log.has_pull(static_cast<int>(m)) == !naive.at_pull[m].empty());
    if (naive.at_pull[m].empty()) continue;
    log.count(static_cast<int>(m), counts);
    for (std::size_t k = 0; k < used; ++k) REQUIRE(counts[k] == naive.now[k] - naive.at_pull[m][k]);
  }
}

/// Words of its own that a pull, or a block, takes beside the coordinates'.
constexpr std::int64_t words = 400;

}  // namespace

TEST_CASE("an update log counts what copies of all counts would say, through full blocks and without them") {
  random_sequence random({.use = purpose::evaluation, .bucket = 1});
  for (auto const& [coordinates, used] : {std::pair<std::size_t, std::size_t>{1, 1}, {31, 31}, {33, 33}, {128, 100},
                                          {640, 640}})
    for (double const share : {0.002, 0.02, 0.3, 1.0, -1.0})  // the last: any of them
      for (int const workers : {1, 2, 9}) {
        CAPTURE(coordinates);
        CAPTURE(share);
        CAPTURE(workers);
        update_log log(static_cast<std::int64_t>(coordinates), static_cast<std::int64_t>(used), workers);
        naive_log naive(coordinates, workers);
        for (int step = 0; step < 120; ++step) {
          auto const m = static_cast<int>(random.below(static_cast<std::uint32_t>(workers)));
          // Worker 0 pulls once, at the start: it is the one that straggles.
          if (m > 0 || step == 0 || workers == 1) log.pull(m), naive.pull(m);
          if (m > 0 && random.below(10) == 0) log.end(m), naive.end(m);
          double const now = share < 0 ? std::vector{0.01, 0.5, 1.0}[random.below(3)] : share;
          auto const t = touched(random, coordinates, used, now);
          log.add(t);
          naive.add(t);
          expect_equal(log, naive, used);
          auto const outstanding = static_cast<std::int64_t>(
              std::ranges::count_if(naive.at_pull, [](auto const& one) { return !one.empty(); }));
          auto const d = static_cast<std::int64_t>(coordinates);
          REQUIRE(log.bytes() <= 12 * d + (outstanding + 1) * (9 * d + words) + 16 * workers);
        }
      }
}

TEST_CASE("a pull that is never pushed costs no more with every update") {
  constexpr std::int64_t d = 10000;
  for (double const share : {0.001, 0.01, 0.1, 0.5}) {
    random_sequence random({.use = purpose::evaluation, .bucket = 2});
    update_log log(d, d, 2);
    log.pull(0);
    std::int64_t most = 0;
    for (int step = 0; step < 300; ++step) {
      log.pull(1);
      log.add(touched(random, d, d, share));
      most = std::max(most, log.bytes());
    }
    CHECK(most <= 4 * d + 9 * d + 9 * d + 2 * words);  // the block that it lies in, and the open one
    CHECK(most >= 6 * d);
  }
}

TEST_CASE("what is sent whole costs a few words, whatever the number of coordinates") {
  constexpr std::int64_t d = 100000;
  update_log log(d + 28, d, 1000);
  std::vector<std::uint8_t> all(d + 28, 1);
  std::fill(all.end() - 28, all.end(), 0);
  for (int m = 0; m < 1000; ++m) log.pull(m);
  for (int step = 0; step < 1000; ++step) {
    log.add(all);
    log.pull(step);
  }
  CHECK(log.bytes() < 1000 * 64);
  std::vector<std::uint32_t> counts(d + 28);
  log.count(17, counts);
  CHECK(std::ranges::count(counts, 1000u - 18) == d + 28);
}

// The table of what a rule of staleness needs in memory: a thousandth of 100,000 coordinates a push, a hundredth, or a
// tenth, and so many workers of one speed. A copy of all counts a pull would take 4 d bytes each.
TEST_CASE("memory of the counts for 1, 100 and 1,000 outstanding pulls") {
  constexpr std::int64_t d = 100000;
  for (auto const& [share, workers, least, most] :
       {std::tuple{0.001, 1, 4.0, 4.1}, {0.001, 100, 4.0, 6.0}, {0.001, 1000, 8.0, 24.0},
        std::tuple{0.01, 1, 4.0, 4.1}, {0.01, 100, 8.0, 24.0}, {0.01, 1000, 80.0, 96.0},
        std::tuple{0.1, 1, 4.0, 4.2}, {0.1, 100, 28.0, 40.0}, {0.1, 1000, 250.0, 270.0}}) {
    random_sequence random({.use = purpose::evaluation, .bucket = 3});
    std::vector<std::vector<std::uint8_t>> some;
    for (int i = 0; i < 7; ++i) some.push_back(touched(random, d, d, share));
    update_log log(d, d, workers);
    for (int m = 0; m < workers; ++m) log.pull(m);
    std::int64_t peak = 0;
    for (int step = 0; step < 2 * workers; ++step) {
      log.add(some[static_cast<std::size_t>(step % 7)]);
      peak = std::max(peak, log.bytes());
      log.pull(step % workers);
    }
    double const bytes = static_cast<double>(peak) / d;
    MESSAGE((100 * share) << " % a push, " << workers << " outstanding pulls: " << bytes << " d bytes; copies "
                        << 4 * (workers + 1) << " d");
    CHECK(bytes >= least);
    CHECK(bytes <= most);
  }
}

TEST_CASE("an update log is saved with its blocks") {
  std::string const file = "update_log.checkpoint";
  random_sequence random({.use = purpose::evaluation, .bucket = 4});
  update_log log(320, 320, 5);
  naive_log naive(320, 5);
  for (int step = 0; step < 100; ++step) {
    int const m = step % 5;
    log.pull(m), naive.pull(m);
    for (int i = 0; i < 4; ++i) {
      auto const t = touched(random, 320, 320, i == 3 ? 1 : 0.1);
      log.add(t), naive.add(t);
    }
    if (step % 7 == 0) log.end(2), naive.end(2);
    checkpoint_writer out(file);
    log.save(out);
    out.commit();
    checkpoint_reader in(file);
    log = update_log(320, 320, 5).saved_in(in);
    in.expect_end();
    expect_equal(log, naive, 320);
  }
  checkpoint_reader in(file);
  CHECK_THROWS_AS(update_log(320, 320, 4).saved_in(in), bad_checkpoint);
  std::remove(file.c_str());
}

}  // namespace update_log_tests
