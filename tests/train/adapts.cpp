// Who adapts: each worker to its own gradients, or all of them to the average.
#include "saddle/exchange/server_average.hpp"

#include "game.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

namespace adapts_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr double eta = 0.05;
using on_average = parameter_server<exact_downlink, adapts::on_average>;
using sparse = error_feedback<top_k<128, 2>>;

/// Of each player's ten.
vector largest_two(vector v) {
  test::keep_largest(v, 0, 10, 2);
  test::keep_largest(v, 10, 20, 2);
  return v;
}

/// Three workers send the two largest coordinates of g + e of each player; then `server_step(n, w, average)` moves w,
/// and `ahead(g + e, average + e)` is what a look-ahead is away from it.
template <class O, class Step, class Ahead>
void follows(O const& o, Step server_step, Ahead ahead) {
  auto const game = test::smg(3);
  trainer t{game, o, sparse{}, on_average{}, loopback{3}, cpu{}};
  vector w = game.start;
  std::vector<vector> h(3, w), e(3, vector(20)), g(3);
  for (int n = 1; n <= 100; ++n) {
    vector average(20);
    for (std::size_t m = 0; m < 3; ++m) {
      g[m] = game.field(static_cast<int>(m), h[m]);
      vector p = g[m];
      for (std::size_t i = 0; i < 20; ++i) p[i] += e[m][i];
      vector const sent = largest_two(p);
      e[m] = test::difference(p, sent);
      for (std::size_t i = 0; i < 20; ++i) average[i] += sent[i] / 3;
    }
    server_step(n, w, average);
    t.step();
    for (std::size_t m = 0; m < 3; ++m) {
      vector own = g[m], common = average;
      for (std::size_t i = 0; i < 20; ++i) own[i] += e[m][i], common[i] += e[m][i];
      h[m] = test::difference(w, ahead(own, common));
      REQUIRE(test::distance(test::weights(t, static_cast<int>(m)), w) < 1e-12);
      REQUIRE(test::distance(test::memory(t, static_cast<int>(m)), e[m]) < 1e-12);
      if (t.look_ahead(0).min.size() > 0)
        REQUIRE(test::distance(test::look_ahead(t, static_cast<int>(m)), h[m]) < 1e-12);
    }
  }
  CHECK(test::norm(w) > 0.1);
  CHECK(test::norm(e[0]) > 0.1);
}
vector times_eta(vector v) {
  for (double& x : v) x *= eta;
  return v;
}
vector nothing(vector const&, vector const&) { return vector(20); }

}  // namespace

TEST_CASE("of one worker the average is its gradient: the bits are those of the plain server") {
  auto const game = test::bil(1);
  auto const same = [&](auto o) {
    trainer own{game, o, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
    trainer averaged{game, o, identity{}, on_average{}, loopback{1}, cpu{}};
    for (int step = 0; step < 200; ++step) {
      own.step();
      averaged.step();
      REQUIRE(own.digest() == averaged.digest());
      REQUIRE(test::look_ahead(own) == test::look_ahead(averaged));
    }
  };
  SUBCASE("sgda") { same(sgda{eta}); }
  SUBCASE("alternating") { same(alternating<adam>{{.step_size = eta}}); }
  SUBCASE("omd") { same(omd{eta}); }
  SUBCASE("averaged_omd") { same(averaged_omd{eta}); }
  SUBCASE("extragradient") { same(extragradient{eta}); }
  SUBCASE("averaged_extragradient") { same(averaged_extragradient{eta}); }
  SUBCASE("adam") { same(adam{.step_size = eta}); }
  SUBCASE("optimistic_adam") { same(optimistic_adam{.step_size = eta}); }
  SUBCASE("per_player") {
    same(per_player<omd, optimistic_adam>{.min = {eta}, .max = {.step_size = eta}, .max_steps = 2});
  }
}

TEST_CASE("gradients are sent, their memory is in their units, and one optimizer steps along the average") {
  vector m(20), v(20), ratio(20);
  auto const adapt = [&](vector const& g, int n, double beta1, double beta2) {
    for (std::size_t i = 0; i < 20; ++i) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
      ratio[i] = m[i] / (1 - std::pow(beta1, n)) / (std::sqrt(v[i] / (1 - std::pow(beta2, n))) + 1e-8);
    }
  };
  auto const descend = [](int, vector& w, vector const& average) { w = test::difference(w, times_eta(average)); };
  SUBCASE("adam") {
    follows(
        adam{.step_size = eta},
        [&](int n, vector& w, vector const& average) {
          adapt(average, n, 0.9, 0.999);
          w = test::difference(w, times_eta(ratio));
        },
        nothing);
  }
  SUBCASE("optimistic_adam") {
    follows(
        optimistic_adam{.step_size = eta},
        [&](int n, vector& w, vector const& average) {
          vector const old = ratio;
          adapt(average, n, 0.5, 0.9);
          for (std::size_t i = 0; i < 20; ++i) w[i] -= n == 1 ? eta * ratio[i] : eta * (2 * ratio[i] - old[i]);
        },
        nothing);
  }
  SUBCASE("omd looks ahead along its own gradient and memory") {
    follows(omd{eta}, descend, [](vector const& own, vector const&) { return times_eta(own); });
  }
  SUBCASE("averaged_omd looks ahead along the average and its own memory") {
    follows(averaged_omd{eta}, descend, [](vector const&, vector const& common) { return times_eta(common); });
  }
}

TEST_CASE("a look-ahead without a message goes along its own gradient and memory") {
  auto const game = test::smg(3);
  trainer t{game, extragradient{eta}, sparse{}, on_average{}, loopback{3}, cpu{}};
  vector w = game.start;
  std::vector<vector> e(3, vector(20));
  for (int step = 0; step < 100; ++step) {
    vector sum(20);
    for (std::size_t m = 0; m < 3; ++m) {
      vector past = game.field(static_cast<int>(m), w);
      for (std::size_t i = 0; i < 20; ++i) past[i] += e[m][i];
      vector p = game.field(static_cast<int>(m), test::difference(w, times_eta(past)));
      for (std::size_t i = 0; i < 20; ++i) p[i] += e[m][i];
      vector const sent = largest_two(p);
      e[m] = test::difference(p, sent);
      for (std::size_t i = 0; i < 20; ++i) sum[i] += sent[i] / 3;
    }
    w = test::difference(w, times_eta(sum));
    t.step();
    REQUIRE(test::distance(test::weights(t), w) < 1e-12);
  }
}

TEST_CASE("adam on workers that differ ends far from the solution, and on their average near it") {
  // Medians over draws of the game, at a step that falls to zero. |w*| is 2.2.
  auto const error = [](auto o, auto c, auto server) {
    return test::median_of_draws([&](std::uint64_t seed) {
      auto const game = test::smg(4, seed);
      trainer t{game, o, c, server, loopback{4}, cpu{}};
      t.run(20000);
      return test::distance(test::weights(t), test::solution(game));
    });
  };
  auto const tells_apart = [&](auto o) {
    o.step_size = schedule::linear(0.01, 20000);
    o.beta1 = 0.5, o.beta2 = 0.9;
    error_feedback<qsgd<128, 8>> const compressed;
    CHECK(error(o, identity{}, parameter_server<>{}) > 1);
    CHECK(error(o, compressed, parameter_server<>{}) > 1);
    CHECK(error(o, identity{}, on_average{}) < 1e-2);
    CHECK(error(o, compressed, on_average{}) < 1e-2);
  };
  SUBCASE("adam") { tells_apart(adam{}); }
  SUBCASE("optimistic_adam") { tells_apart(optimistic_adam{}); }
}

TEST_CASE("the same bytes are sent, and one optimizer state is kept a process") {
  namespace fs = std::filesystem;
  auto const file = fs::temp_directory_path() / ("saddle-adapts-" + std::to_string(::getpid()));
  auto const saved = [&](auto server) {
    trainer t{test::smg(), adam{.step_size = eta}, sparse{}, server, loopback{4}, cpu{}};
    t.run(10);
    t.save(file.string());
    auto const size = static_cast<std::int64_t>(fs::file_size(file));
    fs::remove(file);
    return std::pair{size, t.report()};
  };
  auto const [own, own_report] = saved(parameter_server<>{});
  auto const [common, common_report] = saved(on_average{});
  CHECK(own - common > 3 * 2 * 256 * 8);  // three workers' two moments of two buckets
  CHECK(own_report.uplink == common_report.uplink);
  CHECK(own_report.downlink == common_report.downlink);
  CHECK(own_report.details.find("adapts=on-worker") != std::string::npos);
  CHECK(common_report.details.find("adapts=on-average") != std::string::npos);
}

TEST_CASE("a skipped step leaves the shared state as it was") {
  auto game = test::smg(3);
  auto const healthy = game;
  game.also = [](sample s, vector const&, vector& g) {
    if (s.step == 10 && s.worker == 1) g[13] = std::numeric_limits<double>::quiet_NaN();
  };
  adam const o{.step_size = eta};
  trainer t{game, o, identity{}, on_average{}, loopback{3}, cpu{}};
  vector w = game.start, m(20), v(20);
  for (int n = 1; n <= 100; ++n) {
    t.step();
    if (n != 10) {
      vector g(20);
      for (int j = 0; j < 3; ++j)
        for (std::size_t i = 0; i < 20; ++i) g[i] += healthy.field(j, w)[i] / 3;
      for (std::size_t i = 0; i < 20; ++i) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        w[i] -= eta * m[i] / (1 - std::pow(0.9, n)) / (std::sqrt(v[i] / (1 - std::pow(0.999, n))) + 1e-8);
      }
    }
    REQUIRE(test::distance(test::weights(t), w) < 1e-12);
  }
  CHECK(t.report().skipped_steps == 1);
}

TEST_CASE("a direction of the average too large for a number leaves its bucket where it is, in the server's name") {
  auto game = test::smg(3);
  for (vector& b : game.offset) b = vector(20, 0.0);
  game.start = vector(20, 1.0);
  game.also = [](sample s, vector const&, vector& g) {
    if (s.step == 5) g[13] = 1e308;
  };
  // Who looks ahead along its own gradient, which is as large, reports that: workers come before their server.
  auto const check = [&](auto const& o, int who) {
    trainer t{game, o, identity{}, on_average{}, loopback{3}, cpu{}};
    t.run(4);
    vector const before = test::weights(t);
    std::vector<vector> looked;
    for (int m = 0; m < 3; ++m) looked.push_back(test::look_ahead(t, m));
    t.step();
    report const r = t.report();
    CHECK(r.skipped_steps == 1);
    REQUIRE(r.non_finite.has_value());
    CHECK(r.non_finite->worker == who);
    CHECK(r.non_finite->player == player::max);
    CHECK(r.non_finite->coordinate == 3);
    for (int m = 0; m < 3; ++m) {
      vector const after = test::weights(t, m), ahead = test::look_ahead(t, m);
      for (std::size_t i = 0; i < 20; ++i) CHECK((after[i] == before[i]) == (i >= 10));
      if (ahead.empty()) continue;  // it looks nowhere ahead
      CHECK(std::equal(ahead.begin() + 10, ahead.end(), looked[static_cast<std::size_t>(m)].begin() + 10));
      CHECK(test::all_finite(ahead));
    }
  };
  check(sgda{5}, 3);
  check(averaged_omd{5}, 3);
  check(omd{5}, 0);
}

}  // namespace adapts_tests
