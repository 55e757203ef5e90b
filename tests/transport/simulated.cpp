#include "saddle/transport/simulated.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

using namespace saddle;

namespace {
// Powers of two: all that follows is exact.
constexpr double alpha = 0.25, beta = 1 / 1024.0;
constexpr link_kind line{"line", alpha, 1 / beta, 1 / beta, 1 / beta};
constexpr link_kind wide{"wide", alpha};
constexpr std::int64_t bytes = 96;

std::vector<transfer> circle(int workers, std::vector<int> const& offsets) {
  std::vector<transfer> all;
  for (int m = 0; m < workers; ++m)
    for (int const o : offsets) all.push_back({m, (m + o + workers) % workers});
  return all;
}
void serve(time_model& t, std::int64_t step) {
  t.begin_step(step);
  t.compute(0, false);
  t.serve(bytes, bytes);
}
void gossip(time_model& t, std::int64_t step, std::vector<transfer> const& transfers, bool overlaps = false) {
  t.begin_step(step);
  t.compute(0, overlaps);
  t.gossip(transfers, bytes);
}
}  // namespace

TEST_CASE("a round of a parameter server takes 2 alpha + 2 M S beta, and 2 alpha + (M + 1) S beta after another") {
  for (int workers : {1, 2, 7, 64}) {
    auto const link = simulated{.workers = workers, .links = {line}}.connect();
    double const first = 2 * alpha + 2 * workers * bytes * beta, later = 2 * alpha + (workers + 1) * bytes * beta;
    for (int step = 1; step <= 3; ++step) {
      serve(*link->model(), step);
      CHECK(link->model()->report().seconds == first + (step - 1) * later);
    }
    CHECK(link->wire_bytes() == 3 * 2 * workers * bytes);
    CHECK(link->model()->report().links == std::vector{link_traffic{"line", 6 * workers, 0, 6 * workers * bytes}});
  }
}

TEST_CASE("t rounds with D neighbours take t D (alpha + S beta) in sequence and t (alpha + D S beta) in parallel") {
  struct graph {
    int workers;
    std::vector<int> offsets;
  };
  for (graph const& g : {graph{2, {1}}, {5, {-1, 1}}, {64, {-1, 1}}, {16, {1, 2, 4, 8}}, {6, {1, 2, 3, 4, 5}}}) {
    double const neighbours = static_cast<double>(g.offsets.size());
    for (int rounds : {1, 3}) {
      auto const seconds = [&](sending order) {
        auto const link = simulated{.workers = g.workers, .links = {line}, .order = order}.connect();
        link->model()->begin_step(1);
        link->model()->compute(0, false);
        for (int t = 0; t < rounds; ++t) link->model()->gossip(circle(g.workers, g.offsets), bytes);
        return link->model()->report().seconds;
      };
      CHECK(seconds(sending::in_sequence) == rounds * neighbours * (alpha + bytes * beta));
      CHECK(seconds(sending::in_parallel) == rounds * (alpha + neighbours * bytes * beta));
    }
  }
}

TEST_CASE("a step of the one-peer exponential graph takes alpha + S beta") {
  for (sending const order : {sending::in_parallel, sending::in_sequence}) {
    auto const link = simulated{.workers = 16, .links = {line}, .order = order}.connect();
    int step = 0;
    for (int const offset : {1, 2, 4, 8}) gossip(*link->model(), ++step, circle(16, {offset}));
    CHECK(link->model()->report().seconds == 4 * (alpha + bytes * beta));
  }
}

TEST_CASE("an all-reduce takes what its formula says, step after step") {
  struct formula {
    all_reduce how;
    double latencies, vectors;  // of 8 workers
  };
  for (formula const f : {formula{all_reduce::ring, 14, 14 / 8.0}, {all_reduce::tree, 6, 6},
                          {all_reduce::doubling, 3, 3}, {all_reduce::halving, 6, 14 / 8.0}}) {
    auto const link = simulated{.workers = 8, .links = {line}, .average = f.how}.connect();
    for (int step = 1; step <= 3; ++step) {
      serve(*link->model(), step);
      CHECK(link->model()->report().seconds == step * (f.latencies * alpha + f.vectors * bytes * beta));
    }
    CHECK(link->wire_bytes() == 3 * (f.how == all_reduce::doubling ? 24 : 14) * bytes);
  }
  for (int workers : {1, 2, 3, 5, 7, 13}) {
    CAPTURE(workers);
    auto const seconds = [&](all_reduce how) {
      auto const link = simulated{.workers = workers, .links = {line}, .average = how}.connect();
      serve(*link->model(), 1);
      return link->model()->report().seconds;
    };
    double const n = workers, depth = std::ceil(std::log2(n));
    CHECK(seconds(all_reduce::ring) >= 2 * (n - 1) * (alpha + std::floor(bytes / n) * beta));
    CHECK(seconds(all_reduce::ring) <= 2 * (n - 1) * (alpha + std::ceil(bytes / n) * beta));
    CHECK(seconds(all_reduce::tree) <= 2 * depth * (alpha + bytes * beta));
    CHECK(seconds(all_reduce::doubling) <= (depth + 1) * (alpha + 2 * bytes * beta));
  }
}

TEST_CASE("of an all-reduce one slow link slows all, a straggler too, and who is absent is left out") {
  link_kind const slow{"slow", 64 * alpha, 1 / beta};
  for (all_reduce const how : {all_reduce::ring, all_reduce::tree, all_reduce::doubling, all_reduce::halving}) {
    CAPTURE(static_cast<int>(how));
    simulated const even{.workers = 8, .links = {line, slow}, .kind_of = [](int, int) { return 0; }, .average = how};
    auto const after_a_step = [](simulated const& s) {
      auto const link = s.connect();
      serve(*link->model(), 1);
      return link->model()->report();
    };
    double const usual = after_a_step(even).seconds;
    CHECK(even.connect()->model()->name() != simulated{.workers = 8, .links = {line}}.connect()->model()->name());
    simulated uneven = even;
    uneven.kind_of = [](int from, int to) { return from == 4 && to == 5 ? 1 : 0; };  // all four send over it
    virtual_time const held = after_a_step(uneven);
    CHECK(held.seconds >= 63 * alpha + usual - 8 * bytes * beta);
    CHECK(held.links[1].messages > 0);
    if (how == all_reduce::ring) CHECK(held.seconds == usual + 2 * 63 * alpha);  // 14 steps round 8 workers

    simulated lame = even;
    lame.compute = compute_time::constant(1);
    lame.stragglers = {{3, 100}};
    virtual_time const waited = after_a_step(lame);
    CHECK(waited.seconds > 100);
    CHECK(waited.seconds <= 100 + usual);
    for (int m = 0; m < 8; ++m)
      if (m != 3) CHECK(waited.waiting[static_cast<std::size_t>(m)] > 99);

    simulated fewer = even, four = even;
    four.workers = 4;
    fewer.absences = {{0, 0, 1e9}, {2, 0, 1e9}, {5, 0, 1e9}, {7, 0, 1e9}};
    CHECK(after_a_step(fewer).seconds == after_a_step(four).seconds);
    CHECK(after_a_step(fewer).links[0].bytes == after_a_step(four).links[0].bytes);
  }
}

TEST_CASE("who waits for a straggler: by hand") {
  SUBCASE("at a server all do") {
    auto const link = simulated{
        .workers = 3, .links = {wide}, .compute = compute_time::constant(1), .stragglers = {{2, 3}}}.connect();
    for (int step = 1; step <= 2; ++step) serve(*link->model(), step);
    CHECK(link->model()->report().seconds == 2 * (3 + 2 * alpha));
    CHECK(link->model()->report().waiting == std::vector{2 * 2.5, 2 * 2.5, 2 * 0.5});
  }
  SUBCASE("in a ring of four the one across does not, in the first step") {
    auto const link = simulated{
        .workers = 4, .links = {wide}, .compute = compute_time::constant(1), .stragglers = {{0, 3}}}.connect();
    gossip(*link->model(), 1, circle(4, {-1, 1}));  // clocks 3, 3.25, 1.25, 3.25
    CHECK(link->model()->report().waiting == std::vector{0.0, 2.25, 0.25, 2.25});
    gossip(*link->model(), 2, circle(4, {-1, 1}));  // 6, 6.25, 4.5, 6.25
    CHECK(link->model()->report().waiting == std::vector{0.0, 2.25 + 2, 0.25 + 2.25, 2.25 + 2});
    CHECK(link->model()->report().seconds == 6.25);
  }
}

TEST_CASE("what overlaps takes as long as the longer of both") {
  for (double const computing : {0.125, 4.0}) {
    auto const link = simulated{.workers = 4, .links = {line}, .compute = compute_time::constant(computing)}.connect();
    for (int step = 1; step <= 3; ++step) gossip(*link->model(), step, circle(4, {-1, 1}), true);
    double const round = alpha + 2 * bytes * beta;
    CHECK(link->model()->report().seconds == 3 * std::max(round, computing));
    CHECK(link->model()->report().waiting == std::vector<double>(4, 3 * std::max(round - computing, 0.0)));
  }
}

TEST_CASE("an absent worker misses the steps that begin while it is away") {
  auto const link = simulated{.workers = 3,
                              .links = {wide},
                              .compute = compute_time::constant(1),
                              .absences = {{1, 2, 4}, {1, 3, 3.5}, {0, 9, 10}}}
                        .connect();
  std::vector<std::vector<int>> absent;
  for (int step = 1; step <= 8; ++step) {  // they begin at 0, 1.5, 3, 4.5, 6, 7.5, 9, 10.5
    std::span<int const> const now = link->model()->begin_step(step);
    absent.emplace_back(now.begin(), now.end());
    link->model()->compute(0, false);
    link->model()->serve(bytes, bytes);
  }
  CHECK(absent == std::vector<std::vector<int>>{{}, {}, {1}, {}, {}, {}, {0}, {}});
  virtual_time const t = link->model()->report();
  CHECK(t.seconds == 12);
  CHECK(t.missed == 2);
  CHECK(t.waiting == std::vector{3.5, 3.5, 4.0});
  CHECK(t.links[0].messages == 2 * (8 * 3 - 2));
}

TEST_CASE("where all are away time goes on to the first return, and ends without one") {
  auto const link = simulated{.workers = 2,
                              .links = {wide},
                              .compute = compute_time::constant(1),
                              .absences = {{0, 1, 8}, {1, 1, 9}, {1, 10}, {0, 10}}}
                        .connect();
  time_model& t = *link->model();
  std::vector<double> ends;
  for (int step = 1; step <= 3; ++step) {
    serve(t, step);
    ends.push_back(t.report().seconds);
  }
  CHECK(ends == std::vector{1.5, 8 + 1.5, 8 + 1.5 + 1.5});
  CHECK(t.report().missed == 1);
  CHECK_THROWS_AS(t.begin_step(4), transport_error);
}

TEST_CASE("presence for drivers without steps") {
  simulated const s{.workers = 2, .absences = {{1, 2, 4}, {1, 6}}};
  for (double const time : {0.0, 1.9, 4.0, 5.9}) CHECK(s.is_present(1, time));
  for (double const time : {2.0, 3.9, 6.0, 1e9}) CHECK_FALSE(s.is_present(1, time));
  CHECK(s.is_present(0, 3));
}

TEST_CASE("all follows from the seed, and a saved clock goes on") {
  auto const described = [](std::uint64_t seed) {
    return simulated{.workers = 5,
                     .links = {wan},
                     .compute = compute_time::lognormal(0.1, 0.1, 1),
                     .stragglers = {{1, 4}},
                     .losses = {0.2, 0.5},
                     .absences = {{3, 2, 5}, {4, 7, 30}},
                     .seed = seed};
  };
  auto const run = [](time_model& t, int first, int last) {
    for (int step = first; step <= last; ++step)
      if (step % 2 == 0) serve(t, step);
      else gossip(t, step, circle(5, {1, 2}));
  };
  auto const whole = described(1).connect(), other = described(2).connect();
  run(*whole->model(), 1, 40);
  run(*other->model(), 1, 40);
  virtual_time const expected = whole->model()->report();
  CHECK(expected.links[0].lost > 0);
  CHECK(expected.missed > 0);
  CHECK_FALSE(expected == other->model()->report());
  CHECK(whole->model()->name() != other->model()->name());
  for (int saved = 0; saved < 40; ++saved) {
    auto const first = described(1).connect(), second = described(1).connect();
    CHECK(first->model()->name() == whole->model()->name());
    run(*first->model(), 1, saved);
    second->model()->set_state(first->model()->state());
    run(*second->model(), saved + 1, 40);
    CHECK(second->model()->report() == expected);
  }
}

TEST_CASE("simulated refuses what makes no sense") {
  auto const refuses = [](simulated const& s) { CHECK_THROWS_AS(s.connect(), std::invalid_argument); };
  refuses({.workers = 0});
  refuses({.workers = 1 << 24});
  refuses({.links = {}});
  refuses({.links = {{"backwards", 0, -1, 1, 1}}});
  refuses({.workers = 2, .links = {line, ethernet}});
  CHECK_NOTHROW(simulated{.workers = 2, .links = {line, ethernet}, .kind_of = [](int, int) { return 1; }}.connect());
  refuses({.compute = compute_time::constant(-1)});
  refuses({.workers = 2, .stragglers = {{2, 3}}});
  refuses({.workers = 2, .stragglers = {{1, 0}}});
  refuses({.losses = {1, 1}});
  refuses({.workers = 2, .absences = {{2, 1, 2}}});
  refuses({.workers = 2, .absences = {{-1, 1, 2}}});
  refuses({.workers = 2, .absences = {{1, 2, 2}}});
}
