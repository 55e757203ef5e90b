// The asynchronous server on a modelled network: workers that straggle, pause, crash, join; and checkpoints.
#include "saddle/algorithm/workers_of_server.hpp"

#include "saddle/algorithm/async_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "naive_server.hpp"
#include "saddle/algorithm/adacomp_sgd.hpp"
#include "saddle/algorithm/error_feedback_top_k_sgd.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/transport/loopback.hpp"
#include "saddle/transport/simulated.hpp"

namespace async_server_network_tests {

using namespace saddle;
using test::joined, test::naive_server, test::rule, test::stirred, test::vector;

namespace {

/// Everything that can happen to workers.
simulated churn(int workers) {
  simulated how{.workers = workers,
                .links = {{"line", 0.05, 1e5, 1e5, 4e5}},
                .compute = compute_time::lognormal(0.02, 0.1, 1),
                .stragglers = {{1, 8}},
                .losses = {0.05, 0.2},
                .seed = 7};
  for (int m = 2; m < workers; m += 5) {
    double const begin = 0.3 * m;
    how.absences.push_back({m, begin, begin + 2});
    if (m + 1 < workers) how.absences.push_back({m + 1, begin, begin + 1, outage::crash});
    if (m + 2 < workers) how.absences.push_back({m + 2, 0, begin, outage::crash});  // it joins
    if (m + 3 < workers) how.absences.push_back({m + 3, begin});                    // it leaves for good
    if (m + 3 < workers) how.absences.back().kind = m % 2 == 0 ? outage::pause : outage::crash;
  }
  return how;
}

/// The plain loops with the events of the network, which are tested by themselves.
template <class Settings>
void expect_equal(Settings how, simulated const& network, naive_server::options plain, std::int64_t steps) {
  plain.workers = network.workers;
  plain.per_tensor = true;
  plain.accumulates = has_memory<decltype(how.compressor)>;
  plain.staleness = rule::per_parameter;
  if (plain.max_staleness < 1000) how.max_staleness = plain.max_staleness;
  async_server driver{stirred{}, how, network, cpu{}};
  std::int64_t const weights = 64 + 8 * 881;
  driver.step();
  async_report r = driver.report();
  naive_server naive(stirred{}, plain);
  virtual_workers events(network, {r.uplink.total / (r.step + r.refused), 64, weights});
  for (int m = 0; m < network.workers; ++m)
    if (events.is_there(m)) naive.pull(m);
  std::int64_t lost = 0;
  for (std::int64_t step = 1; step <= steps; ++step) {
    if (step > 1) driver.step();
    while (naive.steps < step) {
      auto const now = events.next();
      REQUIRE(now);
      if (now->what == virtual_workers::event::crashes) {
        naive.crash(now->worker);
        lost += now->loses_gradient;
        continue;
      }
      if (now->what == virtual_workers::event::pushes) naive.receive(now->worker);
      naive.pull(now->worker);
      events.answer(now->worker, naive.at(now->worker).gradient);
    }
    REQUIRE(joined(driver.weights()) == naive.w);
  }
  r = driver.report();
  CHECK((r.step == steps && r.refused == naive.refused && r.lost == lost));
  CHECK(r.mean_staleness == static_cast<double>(naive.staleness) / static_cast<double>(steps));
  REQUIRE(r.simulated);
  CHECK(*r.simulated == events.report());
  CHECK(r.downlink.payload == r.pulls * 8 * 881);
  CHECK(r.wire_bytes >= r.uplink.total + r.downlink.total);
}

}  // namespace

TEST_CASE("async_server: workers of any speed that pause, crash, join and leave, as plain loops would have it") {
  for (int const workers : {2, 7, 30}) {
    CAPTURE(workers);
    auto const keeps = [](double c) { return error_feedback_top_k_sgd(c, 0.05); };
    expect_equal(keeps(0.02), churn(workers), {.step_size = 0.05, .fraction = 0.02}, 200);
    expect_equal(keeps(1), churn(workers), {.step_size = 0.05, .fraction = 1, .max_staleness = 4}, 150);
    expect_equal(keeps(0.3), churn(workers), {.step_size = 0.05, .fraction = 0.3, .max_staleness = 40}, 150);
    expect_equal(adacomp_sgd(0.02, 0.05), churn(workers), {.step_size = 0.05, .fraction = 0.02}, 200);
    expect_equal(adacomp_sgd(0.3, 0.05), churn(workers), {.step_size = 0.05, .fraction = 0.3, .max_staleness = 4}, 150);
  }
}

TEST_CASE("async_server: on a network that takes no time workers of one speed take turns") {
  for (int const workers : {1, 3, 8}) {
    auto const how = error_feedback_top_k_sgd(0.05, 0.05);
    async_server in_turn{stirred{}, how, loopback{workers}, cpu{}};
    async_server timed{stirred{}, how,
                       simulated{.workers = workers, .links = {{"wide"}}, .compute = compute_time::constant(1)}, cpu{}};
    in_turn.run(50);
    timed.run(50);
    CHECK(in_turn.digest() == timed.digest());
    CHECK(timed.report().simulated->seconds == (49 / workers) + 1);
    CHECK((in_turn.report().wire_bytes == 0 && !in_turn.report().simulated));
  }
}

namespace {
struct files {
  std::string name = "async_server.checkpoint";
  ~files() { std::remove(name.c_str()); }
};
template <class Driver>
void expect_same(Driver& a, Driver& b) {
  CHECK(a.digest() == b.digest());
  async_report const x = a.report(), y = b.report();
  CHECK((x.step == y.step && x.refused == y.refused && x.lost == y.lost && x.pulls == y.pulls));
  CHECK((x.uplink == y.uplink && x.downlink == y.downlink && x.wire_bytes == y.wire_bytes));
  CHECK((x.mean_staleness == y.mean_staleness && x.largest_staleness == y.largest_staleness));
  CHECK(x.simulated == y.simulated);
  for (int m = 0; m < a.workers(); ++m) REQUIRE(joined(a.memory(m)) == joined(b.memory(m)));
}
}  // namespace

TEST_CASE("async_server: neither threads nor checkpoints change a bit") {
  files const file;
  auto how = error_feedback_top_k_sgd(0.02, 0.05);
  how.max_staleness = 60;
  async_server whole{stirred{}, how, churn(30), cpu{}}, parallel{stirred{}, how, churn(30), cpu{3}};
  whole.run(400);
  parallel.run(400);
  expect_same(whole, parallel);
  for (int const before : {0, 1, 37, 150, 399}) {
    async_server first{stirred{}, how, churn(30), cpu{}}, second{stirred{}, how, churn(30), cpu{2}};
    first.run(before);
    first.save(file.name);
    second.run(20);  // whatever it did is forgotten
    second.load(file.name);
    CHECK(second.report().steps_executed == 0);
    first.run(400 - before);
    second.run(400 - before);
    CHECK(second.report().steps_executed == 400 - before);
    expect_same(first, whole);
    expect_same(second, whole);
  }
  async_server turns{stirred{}, how, loopback{5}, cpu{}}, rest{stirred{}, how, loopback{5}, cpu{}};
  turns.run(12);
  turns.save(file.name);
  turns.run(21);
  rest.load(file.name);
  rest.run(21);
  CHECK(rest.digest() == turns.digest());
}

TEST_CASE("async_server: a checkpoint of another run is refused, and a damaged one, and nothing has changed") {
  files const file;
  auto const make = [](auto const& how, int workers) { return async_server{stirred{}, how, churn(workers), cpu{}}; };
  auto how = error_feedback_top_k_sgd(0.02, 0.05);
  auto saved = make(how, 5);
  saved.run(30);
  saved.save(file.name);
  auto const refuses = [&](auto driver) {
    driver.run(3);
    auto const before = driver.digest();
    CHECK_THROWS_AS(driver.load(file.name), bad_checkpoint);
    CHECK(driver.digest() == before);
    driver.run(3);
  };
  refuses(make(how, 6));
  refuses(make(adacomp_sgd(0.02, 0.05), 5));
  refuses(make(error_feedback_top_k_sgd(0.03, 0.05), 5));
  how.seed = 2;
  refuses(make(how, 5));
  how = error_feedback_top_k_sgd(0.02, 0.05);
  how.max_staleness = 3;
  refuses(make(how, 5));
  how = error_feedback_top_k_sgd(0.02, 0.05);
  refuses(async_server{stirred{}, how, loopback{5}, cpu{}});
  std::ifstream in(file.name, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  in.close();
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(file.name, std::ios::binary) << bytes;
  refuses(make(how, 5));
}

TEST_CASE("async_server: where all are away for ever it says so") {
  simulated network{.workers = 2, .compute = compute_time::constant(1), .absences = {{0, 1.5}, {1, 2.5}}};
  network.absences[1].kind = outage::crash;
  async_server driver{stirred{}, async_settings<>{}, network, cpu{}};
  CHECK_THROWS_WITH_AS(driver.run(10), "async_server: after step 3 all workers are away for ever", transport_error);
  CHECK((driver.report().step == 3 && driver.report().lost == 1));
}

TEST_CASE("async_server: a worker that never comes back costs no more with every push") {
  auto network = churn(6);
  network.absences = {{0, 0.01}, {1, 0.01}};
  network.absences[0].kind = outage::crash;
  stirred const problem{.of_min = {20000}, .of_max = {}};
  auto how = error_feedback_top_k_sgd(0.01, 0.01);
  async_server driver{problem, how, network, cpu{}};
  driver.run(300);
  std::int64_t const bytes = driver.report().staleness_bytes;
  driver.run(300);
  CHECK(driver.report().staleness_bytes <= bytes + 12 * 20000);
  CHECK(bytes <= (4 + 6 * 12) * 20000);
  // Pulls that are too old for a push are not counted for.
  how.max_staleness = 30;
  async_server bounded{problem, how, network, cpu{}};
  bounded.run(600);
  CHECK(bounded.report().staleness_bytes < driver.report().staleness_bytes);
}

TEST_CASE("async_server: ten thousand workers") {
  stirred const problem{.of_min = {20}, .of_max = {5}};
  auto how = error_feedback_top_k_sgd(0.1, 0.001);
  async_server driver{problem, how, churn(10000), cpu{}};
  driver.run(4000);
  auto const r = driver.report();
  CHECK((r.step == 4000 && r.largest_staleness > 1000));
  MESSAGE((r.seconds / 4000 * 1e6) << " us a push");
}

}  // namespace async_server_network_tests
