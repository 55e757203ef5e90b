// The asynchronous server against plain loops over what the paper says: papers' checks of one push after the other.
#include "saddle/algorithm/async_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "naive_server.hpp"
#include "saddle/algorithm/adacomp_sgd.hpp"
#include "saddle/algorithm/error_feedback_top_k_sgd.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/train/trainer.hpp"
#include "saddle/transport/loopback.hpp"
#include "saddle/transport/simulated.hpp"

namespace async_server_tests {

using namespace saddle;
using test::joined, test::naive_server, test::rule, test::stirred, test::vector;

namespace {

using largest = global_top_k<4096>;  // as adacomp_sgd has it
largest largest_of(double fraction) { return {fraction, kept_count::floor}; }

/// Workers in turn.
template <class Settings>
void expect_equal(stirred const& of, Settings const& how, naive_server::options plain, int steps) {
  async_server driver{of, how, loopback{plain.workers}, cpu{}};
  naive_server naive(of, plain);
  for (int m = 0; m < plain.workers; ++m) naive.pull(m);
  REQUIRE(joined(driver.weights()) == naive.w);
  for (int step = 0, turn = 0; step < steps; ++step) {
    driver.step();
    for (bool applied = false; !applied; ++turn) {
      int const m = turn % plain.workers;
      applied = naive.receive(m);
      naive.pull(m);
    }
    REQUIRE(joined(driver.weights()) == naive.w);
    REQUIRE(driver.report().refused == naive.refused);
  }
  CHECK(driver.report().mean_staleness == static_cast<double>(naive.staleness) / steps);
}

}  // namespace

TEST_CASE("async_server: one worker that sends all is SGDA, to the bit") {
  stirred const problem;
  schedule const eta = schedule::cosine(0.2, 40, 0.01);
  box const limits{-1.5, 1.25};
  trainer plain{problem,    sgda{eta}, identity{}, parameter_server<>{},
                loopback{}, cpu{},     settings{.seed = 5, .min_box = limits, .max_box = limits}};
  auto const run = [&]<class Settings>(Settings how) {
    how.step_size = eta;
    how.min_box = how.max_box = limits;
    how.seed = 5;
    return async_server{problem, how, loopback{}, cpu{}};
  };
  auto exact = run(async_settings<identity, staleness::per_parameter>{});
  auto pairs = run(adacomp_sgd(1, 0));
  naive_server loop(problem, {.lo = limits.lo, .hi = limits.hi, .seed = 5});
  for (int step = 1; step <= 50; ++step) {
    plain.step();
    exact.step();
    pairs.step();
    loop.how.step_size = eta(step);
    loop.pull(0);
    loop.receive(0);
    REQUIRE(joined(plain.weights(0)) == loop.w);
    REQUIRE(joined(exact.weights()) == loop.w);
    REQUIRE(joined(pairs.weights()) == loop.w);
  }
  CHECK(exact.digest() == plain.digest());
  CHECK((exact.report().largest_staleness == 0 && exact.report().pulls == 50));
}

namespace {

stirred with_gradients(std::vector<vector> const& of_worker) {
  return {.of_min = {static_cast<std::int64_t>(of_worker[0].size())}, .of_max = {}, .fixed = of_worker};
}
/// Zeros, but for one coordinate.
vector only(std::size_t place, std::size_t size = 10) {
  vector v(size);
  v[place] = 1;
  return v;
}
}  // namespace

TEST_CASE("async_server: three workers that pulled together and push the same coordinate take alpha, alpha, alpha/2") {
  async_server driver{with_gradients({only(3), only(3), only(3)}), adacomp_sgd(0.1, 0.75), loopback{3}, cpu{}};
  vector seen;
  for (int step = 0; step < 4; ++step) {
    driver.step();
    seen.push_back(-driver.weights().min[3]);
  }
  CHECK(seen == vector{0.75, 1.5, 1.875, 2.25});  // the fourth: two others have since worker 0 pulled again
}

TEST_CASE("async_server: disjoint coordinates all take alpha, and in any order") {
  vector const expected{0.75, 0.75, 0.75, 0.75, 0, 0, 0, 0, 0, 0};
  for (std::vector<double> const& seconds : {vector{1, 1.25, 1.5, 1.75}, {1.75, 1.5, 1.25, 1}, {1.5, 1, 1.75, 1.25}}) {
    simulated network{.workers = 4, .links = {{"wide"}}, .compute = compute_time::constant(1)};
    for (int m = 0; m < 4; ++m) network.stragglers.push_back({m, seconds[static_cast<std::size_t>(m)]});
    async_server driver{with_gradients({only(0), only(1), only(2), only(3)}), adacomp_sgd(0.1, 0.75), network, cpu{}};
    driver.run(4);
    for (std::size_t k = 0; k < 10; ++k) CHECK(driver.weights().min[k] == -expected[k]);
    CHECK(driver.report().largest_staleness == 3);
  }
}

TEST_CASE("adacomp_sgd: of tensors of 1, 2, 99, 100, 101 coordinates max(1, floor(c n)) go, the largest") {
  stirred problem{.of_min = {1, 2, 99, 100, 101}, .of_max = {}};
  vector gradient;
  random_sequence random({.use = purpose::evaluation});
  for (int i = 0; i < 303; ++i) gradient.push_back(random.normal());
  problem.fixed = {gradient};
  for (std::int64_t const percent : {1, 2, 3, 7, 10, 29, 50, 99, 100}) {
    CAPTURE(percent);
    double const c = static_cast<double>(percent) / 100;
    async_server published{problem, adacomp_sgd(c, 1), loopback{}, cpu{}};
    async_server keeps{problem, error_feedback_top_k_sgd(c, 1), loopback{}, cpu{}};
    published.step();
    keeps.step();
    std::int64_t all = 0;
    std::size_t begin = 0;
    for (std::int64_t const n : problem.of_min) {
      std::int64_t const expected = std::max<std::int64_t>(percent * n / 100, 1);
      std::size_t const end = begin + static_cast<std::size_t>(n);
      double least = 1e300, most_left = 0;
      std::int64_t sent = 0;
      for (std::size_t i = begin; i < end; ++i) {
        double const w = published.weights().min[i], size = std::abs(gradient[i]);
        CHECK((w == 0 || w == -gradient[i]));
        sent += w != 0;
        if (w != 0) least = std::min(least, size);
        else most_left = std::max(most_left, size);
      }
      CHECK(sent == expected);
      CHECK(most_left <= least);
      all += expected;
      begin = end;
    }
    CHECK(published.report().uplink.payload == 4 * (5 + 1) + (8 + 2) * all);  // a bucket a tensor
    CHECK(joined(keeps.weights()) == joined(published.weights()));
    CHECK(keeps.report().uplink == published.report().uplink);
  }
}

TEST_CASE("adacomp_sgd: what is not sent is dropped, and never learnt; the system of the other name sends it later") {
  vector const gradient{5, 4, 3, 2, 1};
  async_server published{with_gradients({gradient}), adacomp_sgd(0.4, 1), loopback{}, cpu{}};
  async_server keeps{with_gradients({gradient}), error_feedback_top_k_sgd(0.4, 1), loopback{}, cpu{}};
  for (int step = 1; step <= 20; ++step) {
    published.step();
    CHECK(joined(published.weights()) == vector{-5.0 * step, -4.0 * step, 0, 0, 0});
    keeps.step();
  }
  auto const& none = published;
  CHECK(none.memory(0).min.empty());
  for (double const w : keeps.weights().min) CHECK(w < -10);
}

TEST_CASE("async_server: what a message has a value for is received, be it zero; what it has none for is not") {
  // Worker 2 is the third to push, and what the others sent of its coordinate were zeros.
  auto const third = [](auto const& compressor) {
    async_settings<std::remove_cvref_t<decltype(compressor)>, staleness::per_parameter> how{.compressor = compressor,
                                                                                            .step_size = 0.75};
    async_server driver{with_gradients({only(0), only(0), only(3)}), how, loopback{3}, cpu{}};
    driver.run(3);
    return -driver.weights().min[3];
  };
  CHECK(third(identity{}) == 0.375);
  CHECK(third(largest_of(1)) == 0.375);
  CHECK(third(largest_of(0.2)) == 0.75);
  CHECK(third(error_feedback{largest_of(0.1)}) == 0.75);
}

TEST_CASE("async_server: of compressors that send all coordinates both rules make the same") {
  auto const agree = [](auto const& compressor) {
    using C = std::remove_cvref_t<decltype(compressor)>;
    async_server each{stirred{}, async_settings<C, staleness::per_parameter>{compressor}, loopback{4}, cpu{}};
    async_server whole{stirred{}, async_settings<C, staleness::per_push>{compressor}, loopback{4}, cpu{}};
    each.run(30);
    whole.run(30);
    CHECK(each.digest() == whole.digest());
  };
  agree(identity{});
  agree(error_feedback{qsgd<512, 2, rounding::nearest>{}});  // many quantized zeros
}

TEST_CASE("async_server: sent and owed are the sum of all gradients") {
  for (int const workers : {1, 3}) {
    // Gradients of integers and a step size of one: all sums are exact.
    std::vector<vector> gradients;
    random_sequence random({.use = purpose::evaluation});
    for (int m = 0; m < workers; ++m) {
      gradients.emplace_back();
      for (int i = 0; i < 300; ++i) gradients.back().push_back(static_cast<double>(random.below(100)) - 50);
    }
    async_settings<error_feedback<largest>> how{.compressor = {largest_of(0.05)}, .step_size = 1};
    async_server driver{with_gradients(gradients), how, loopback{workers}, cpu{}};
    for (int round = 1; round <= 25; ++round) {
      std::vector<vector> owed;  // with the push that is due taken out of it
      for (int m = 0; m < workers; ++m) owed.push_back(joined(driver.memory(m)));
      driver.run(workers);
      for (std::size_t i = 0; i < 300; ++i) {
        double all = 0, kept = 0;
        for (int m = 0; m < workers; ++m) {
          all += round * gradients[static_cast<std::size_t>(m)][i];
          kept += owed[static_cast<std::size_t>(m)][i];
        }
        REQUIRE(-driver.weights().min[i] + kept == all);
      }
    }
  }
}

TEST_CASE("async_server: every rule of staleness, as copies of all counters would have it") {
  for (int const workers : {1, 2, 5}) {
    for (double const c : {0.01, 0.2, 1.0}) {
      CAPTURE(workers);
      CAPTURE(c);
      naive_server::options plain{.workers = workers, .step_size = 0.05, .fraction = c, .per_tensor = true,
                                  .accumulates = true, .staleness = rule::per_parameter};
      auto how = error_feedback_top_k_sgd(c, 0.05);
      expect_equal(stirred{}, how, plain, 60);
      plain.accumulates = false;
      expect_equal(stirred{}, adacomp_sgd(c, 0.05), plain, 60);
      plain.per_tensor = false;
      plain.accumulates = true;
      how.grouping = grouping::whole_model;
      expect_equal(stirred{}, how, plain, 60);
    }
    using accumulated = error_feedback<largest>;
    naive_server::options plain{.workers = workers, .step_size = 0.05, .fraction = 0.1, .accumulates = true};
    expect_equal(stirred{}, async_settings<accumulated>{.compressor = {largest_of(0.1)}, .step_size = 0.05}, plain, 60);
    plain.staleness = rule::per_push;
    expect_equal(stirred{},
                 async_settings<accumulated, staleness::per_push>{.compressor = {largest_of(0.1)}, .step_size = 0.05},
                 plain, 60);
  }
}

TEST_CASE("async_server: a push that is too stale is refused, and what it said is owed again") {
  for (std::int64_t const limit : {0, 1, 3}) {
    auto how = error_feedback_top_k_sgd(0.1, 0.05);
    how.max_staleness = limit;
    naive_server::options const plain{.workers = 4, .step_size = 0.05, .fraction = 0.1, .per_tensor = true,
                                      .accumulates = true, .staleness = rule::per_parameter, .max_staleness = limit};
    expect_equal(stirred{}, how, plain, 40);
    async_server driver{stirred{}, how, loopback{4}, cpu{}};
    driver.run(40);
    auto const r = driver.report();
    CHECK(r.largest_staleness <= limit);
    CHECK((r.refused > 0) == (limit < 3));
    CHECK(r.uplink.total % (40 + r.refused) == 0);
  }
}

TEST_CASE("async_server: a report says whose pushes were refused on the way to the step") {
  async_settings<> how;
  how.max_staleness = 0;
  async_server driver{stirred{}, how, loopback{4}, cpu{}};
  driver.step();
  CHECK(driver.report().worker == 0);
  CHECK(driver.report().refused_workers.empty());
  driver.step();  // the three others began before the first was applied
  CHECK(driver.report().worker == 0);
  CHECK(driver.report().refused_workers == std::vector{1, 2, 3});
  std::int64_t refused = 3;
  for (int step = 0; step < 20; ++step) {
    driver.step();
    for (int const m : driver.report().refused_workers) CHECK(m != driver.report().worker);
    refused += std::ssize(driver.report().refused_workers);
    CHECK(driver.report().refused == refused);
  }
  auto const& seen = driver;
  CHECK(seen.memory(0).min.empty());
}

TEST_CASE("async_server: boxes hold, and the maximizing player may have a step size of its own") {
  async_settings<identity, staleness::per_push> how{.step_size = 0.1, .max_factor = 0.5, .min_box = {-0.5, 0.5}};
  async_server driver{stirred{}, how, loopback{2}, cpu{}};
  auto const before = joined(driver.weights());
  CHECK(std::ranges::all_of(driver.weights().min, [](double v) { return v >= -0.5 && v <= 0.5; }));
  vector g(before.size());
  stirred const problem;
  auto const at = [&](vector& v) { return point<double>{std::span(v).first(731), std::span(v).subspan(731)}; };
  auto start = before;
  problem.gradient(at(start), {how.seed, 0, 1}, at(g));
  driver.step();
  for (std::size_t i = 0; i < 150; ++i) CHECK(driver.weights().max[i] == before[731 + i] - 0.05 * g[731 + i]);
  driver.run(50);
  CHECK(std::ranges::all_of(driver.weights().min, [](double v) { return v >= -0.5 && v <= 0.5; }));
  CHECK(std::ranges::any_of(driver.weights().max, [](double v) { return v < -0.5; }));
}

TEST_CASE("async_server: a bucket that is not finite is left out and reported, and the rest goes on") {
  stirred const problem{.breaks_at = 2};
  auto const run = [&]<class Settings>(Settings how) {
    how.step_size = 0.05;
    async_server driver{problem, how, loopback{3}, cpu{}};
    driver.run(4);
    CHECK(driver.report().skipped_steps == 0);
    auto const before = joined(driver.weights());
    driver.step();  // worker 1's second
    auto const after = joined(driver.weights());
    auto const r = driver.report();
    CHECK(r.skipped_steps == 1);
    REQUIRE(r.non_finite);
    CHECK((r.non_finite->step == 5 && r.non_finite->worker == 1 && r.non_finite->player == player::min));
    CHECK(r.non_finite->coordinate == 3);
    CHECK(std::equal(before.begin(), before.begin() + 512, after.begin()));  // what was owed there still is
    CHECK(!std::equal(before.begin() + 512, before.end(), after.begin() + 512));
    driver.run(20);
    CHECK(driver.report().skipped_steps == 1);
    for (double const v : joined(driver.weights())) REQUIRE(is_finite(v));
  };
  run(async_settings<identity, staleness::per_parameter>{});
  run(async_settings<error_feedback<qsgd<512, 2, rounding::nearest>>, staleness::per_push>{});
}

TEST_CASE("async_server: settings that make no sense are refused by name") {
  auto const refuses = [](auto const& how, auto const& problem, auto const& network, std::string const& why) {
    CHECK_THROWS_WITH_AS((async_server{problem, how, network, cpu{}}), doctest::Contains(why.c_str()),
                         std::invalid_argument);
  };
  async_settings<> how;
  refuses(async_settings<>{.max_staleness = -1}, stirred{}, loopback{2}, "async_server: max_staleness is not negative, and is -1");
  refuses(async_settings<>{.min_box = {1, 0}}, stirred{}, loopback{2}, "async_server: min_box has lo <= hi");
  for (double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), -1.0}) {
    std::string const is = " is finite and not negative, and is " + number_text(bad);
    refuses(async_settings<>{.max_factor = bad}, stirred{}, loopback{2}, "async_server: max_factor" + is);
    refuses(async_settings<>{.step_size = bad}, stirred{}, loopback{2}, "async_server: step_size" + is);
    if (bad == -1) continue;
    refuses(async_settings<>{.min_box = {bad, 0}}, stirred{}, loopback{2}, "async_server: min_box has lo <= hi");
    refuses(async_settings<>{.max_box = {bad, bad}}, stirred{}, loopback{2}, "async_server: max_box has lo <= hi");
  }
  refuses(adacomp_sgd(0.1, schedule::cosine(0.1, -3)), stirred{}, loopback{1},
          "async_server: step_size.length is finite and not negative, and is -3");
  simulated const in_sequence{.workers = 2, .order = sending::in_sequence};
  refuses(how, stirred{}, in_sequence, "virtual_workers: order is set");
  simulated const reduces{.workers = 2, .average = all_reduce::tree};
  refuses(how, stirred{}, reduces, "virtual_workers: average is an all-reduce");
  error_feedback<qsgd<512, 8>> const subtracts{{}, true};
  refuses(async_settings<error_feedback<qsgd<512, 8>>>{.compressor = subtracts}, stirred{}, loopback{2},
          "async_server: subtract_in_look_ahead is set");
  refuses(how, stirred{.of_min = {}, .of_max = {}}, loopback{2}, "async_server: the problem has no coordinates");
  refuses(how, stirred{}, loopback{0}, "at least one worker");
  refuses(adacomp_sgd(0, 0.1), stirred{}, loopback{1}, "fraction lies in (0, 1]");
}

}  // namespace async_server_tests
