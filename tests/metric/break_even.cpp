#include "saddle/metric/break_even.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "saddle/transport/virtual_workers.hpp"

using namespace saddle;

TEST_CASE("at the break-even bandwidth both ways to send take the same time") {
  sending_cost const dense{4e6, 0.002}, compressed{1e6, 0.008};
  double const bandwidth = break_even(dense, compressed);
  CHECK(bandwidth == doctest::Approx(3e6 / 0.006));
  auto const seconds = [&](sending_cost const& c, double at) { return c.bytes / at + c.seconds; };
  CHECK(seconds(dense, bandwidth) == doctest::Approx(seconds(compressed, bandwidth)));
  CHECK(seconds(dense, bandwidth / 2) > seconds(compressed, bandwidth / 2));
  CHECK(seconds(dense, 2 * bandwidth) < seconds(compressed, 2 * bandwidth));
}

TEST_CASE("what costs no time always pays, what saves no bytes never does") {
  double const always = std::numeric_limits<double>::infinity();
  CHECK(break_even({4e6, 0.002}, {1e6, 0.002}) == always);
  CHECK(break_even({4e6, 0.002}, {1e6, 0.001}) == always);
  CHECK(break_even({4e6, 0.002}, {4e6, 0.003}) == 0);
  CHECK(break_even({4e6, 0.002}, {5e6, 0.003}) == 0);
  CHECK(break_even({4e6, 0.002}, {4e6, 0.001}) == always);
  CHECK(break_even({4e6, 0.002}, {5e6, 0.001}) == 0);  // it pays above 1 GB/s
}

TEST_CASE("costs are not negative") {
  CHECK_THROWS_AS(break_even({-1, 0}, {1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(break_even({1, 0}, {1, -1}), std::invalid_argument);
}

namespace {
/// Pushes a second of so many workers, when they have found their pace, and the share of a worker's time that it waits.
struct pace {
  double pushes, waiting;
};
pace measured(int workers, std::int64_t push, std::int64_t weights, double server) {
  simulated const network{.workers = workers,
                          .links = {{.name = "shared", .latency = 0.05, .server = server}},
                          .compute = compute_time::constant(0.9)};
  virtual_workers w(network, {push, 64, weights});
  auto const run = [&](int n) {
    for (int i = 0; i < n; ++i) w.answer(w.next()->worker, i);
    virtual_time const t = w.report();
    return pace{t.seconds, t.waiting[0]};
  };
  pace const warm = run(100 * workers), end = run(400 * workers);
  return {400 * workers / (end.pushes - warm.pushes), (end.waiting - warm.waiting) / (end.pushes - warm.pushes)};
}
}  // namespace

TEST_CASE("so many workers fill a server's link, fewer push as often as they can, and more wait") {
  constexpr double server = 1e6;
  struct message {
    std::int64_t push, weights;
  };
  for (auto const& [push, weights] : {message{50000, 500}, {500, 50000}, {20000, 20000}}) {
    // A gradient and two latencies, and what goes the other way.
    auto const up = static_cast<double>(push), down = static_cast<double>(weights);
    double const in = sustained_workers(server, {up, 1 + down / server});
    double const out = sustained_workers(server, {down, 1 + up / server});
    double const most = std::min(in, out), bytes = std::max(up, down), alone = 1 + (up + down) / server;
    for (double const load : {0.25, 0.5, 0.9, 1.5, 3.0}) {
      auto const workers = static_cast<int>(load * most);
      pace const now = measured(workers, push, weights, server);
      CAPTURE(workers);
      CHECK(now.pushes == doctest::Approx(load < 1 ? workers / alone : server / bytes).epsilon(0.02));
      double const cycle = load < 1 ? alone : workers * bytes / server;
      CHECK(now.waiting == doctest::Approx((cycle - 0.9) / cycle).epsilon(0.05));
    }
  }
  CHECK(sustained_workers(server, {0, 1}) == std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(sustained_workers(0, {1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(sustained_workers(1, {1, -1}), std::invalid_argument);
}

TEST_CASE("break_even: what is not finite is refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (double const x : {nan, inf, -1.0}) {
    CHECK_THROWS_AS(break_even({x, 1}, {1, 1}), std::invalid_argument);
    CHECK_THROWS_AS(break_even({1, 1}, {1, x}), std::invalid_argument);
    CHECK_THROWS_AS(sustained_workers(1, {x, 1}), std::invalid_argument);
    CHECK_THROWS_AS(sustained_workers(1, {1, x}), std::invalid_argument);
    CHECK_THROWS_AS(sustained_workers(x, {1, 1}), std::invalid_argument);
  }
}
