// Differences of directions, added up: against plain loops, and where error feedback stays short of the solution.
#include "saddle/exchange/lists.hpp"

#include "game.hpp"

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace ef21_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr double eta = 0.02;
using sparse = ef21<top_k<128, 2>>;
using on_average = parameter_server<exact_downlink, adapts::on_average>;

/// Of each player's ten.
vector largest_two(vector v) {
  test::keep_largest(v, 0, 10, 2);
  test::keep_largest(v, 10, 20, 2);
  return v;
}
vector times_eta(vector v) {
  for (double& x : v) x *= eta;
  return v;
}

/// Three workers, each with what the server knows of it, and their average.
struct plain {
  std::vector<vector> known = std::vector<vector>(3, vector(20));
  vector sum = vector(20), server = vector(20);

  /// They send the differences to v, and the server its answer, or two coordinates of it.
  void exchange(std::vector<vector> const& v, bool both_ways = false) {
    vector average(20);
    for (std::size_t m = 0; m < 3; ++m) {
      vector const sent = largest_two(test::difference(v[m], known[m]));
      for (std::size_t i = 0; i < 20; ++i) {
        known[m][i] += sent[i];
        average[i] += sent[i] / 3;
      }
    }
    if (both_ways) {
      for (std::size_t i = 0; i < 20; ++i) server[i] += average[i];
      average = largest_two(server);
      server = test::difference(server, average);
    }
    for (std::size_t i = 0; i < 20; ++i) sum[i] += average[i];
  }
};

void same_weights(trainer<double> const& t, vector const& w) {
  for (int m = 0; m < 3; ++m) REQUIRE(test::distance(test::weights(t, m), w) < 1e-12);
}

}  // namespace

TEST_CASE("workers send how their directions have changed, and all step along the sum") {
  auto const game = test::smg(3);
  enum class ahead { nowhere, own, average };
  auto const follow = [&](trainer<double> t, ahead where, bool both_ways = false) {
    vector w = game.start;
    std::vector<vector> h(3, w), v(3);
    plain server;
    for (int step = 0; step < 200; ++step) {
      for (std::size_t m = 0; m < 3; ++m) v[m] = times_eta(game.field(static_cast<int>(m), h[m]));
      server.exchange(v, both_ways);
      w = test::difference(w, server.sum);
      t.step();
      same_weights(t, w);
      for (std::size_t m = 0; m < 3; ++m) {
        h[m] = where == ahead::nowhere ? w : test::difference(w, where == ahead::own ? v[m] : server.sum);
        if (where != ahead::nowhere) REQUIRE(test::distance(test::look_ahead(t, static_cast<int>(m)), h[m]) < 1e-12);
      }
    }
    CHECK(test::norm(w) > 0.1);
    CHECK(test::all_zero(server.server) != both_ways);
    CHECK(t.report().feedback == feedback::difference);
    CHECK(t.memory(0).min.empty());
  };
  auto const served = [&](auto o, auto server) {
    return trainer<double>{game, o, sparse{}, server, loopback{3}, cpu{}};
  };
  SUBCASE("sgda") { follow(served(sgda{eta}, parameter_server<>{}), ahead::nowhere); }
  SUBCASE("omd looks ahead along its own direction") { follow(served(omd{eta}, parameter_server<>{}), ahead::own); }
  SUBCASE("averaged_omd, along the step that all have just taken") {
    follow(served(averaged_omd{eta}, parameter_server<>{}), ahead::average);
  }
  SUBCASE("both ways, with an error memory on the server") {
    follow(served(omd{eta}, parameter_server<error_feedback<top_k<128, 2>>>{}), ahead::own, true);
  }
}

TEST_CASE("the two largest of all coordinates, through a plane of their own") {
  auto const game = test::smg(3);
  trainer t{game, sgda{eta}, ef21{global_top_k<128>{.fraction = 0.1}}, parameter_server<>{}, loopback{3}, cpu{}};
  vector w = game.start, sum(20);
  std::vector<vector> known(3, vector(20));
  for (int step = 0; step < 200; ++step) {
    for (std::size_t m = 0; m < 3; ++m) {
      vector sent = test::difference(times_eta(game.field(static_cast<int>(m), w)), known[m]);
      test::keep_largest(sent, 0, 20, 2);
      for (std::size_t i = 0; i < 20; ++i) {
        known[m][i] += sent[i];
        sum[i] += sent[i] / 3;
      }
    }
    w = test::difference(w, sum);
    t.step();
    same_weights(t, w);
  }
}

TEST_CASE("on the average it is the gradients that change, and one optimizer that sees their sum") {
  auto const game = test::smg(3);
  trainer t{game, adam{.step_size = eta}, sparse{}, on_average{}, loopback{3}, cpu{}};
  vector w = game.start, m(20), v(20);
  plain server;
  for (int n = 1; n <= 200; ++n) {
    std::vector<vector> g;
    for (int j = 0; j < 3; ++j) g.push_back(game.field(j, w));
    server.exchange(g);
    for (std::size_t i = 0; i < 20; ++i) {
      m[i] = 0.9 * m[i] + 0.1 * server.sum[i];
      v[i] = 0.999 * v[i] + 0.001 * server.sum[i] * server.sum[i];
      w[i] -= eta * m[i] / (1 - std::pow(0.9, n)) / (std::sqrt(v[i] / (1 - std::pow(0.999, n))) + 1e-8);
    }
    t.step();
    same_weights(t, w);
  }
}

TEST_CASE("with local steps it is the workers' ways from round to round that change") {
  auto const game = test::smg(3);
  trainer t{game, sgda{eta}, sparse{}, local_steps{parameter_server<>{}, 3}, loopback{3}, cpu{}};
  vector anchor = game.start;
  std::vector<vector> w(3, anchor);
  plain server;
  for (int n = 1; n <= 120; ++n) {
    for (std::size_t m = 0; m < 3; ++m) w[m] = test::difference(w[m], times_eta(game.field(static_cast<int>(m), w[m])));
    if (n % 3 == 0) {
      std::vector<vector> ways;
      for (vector const& one : w) ways.push_back(test::difference(anchor, one));
      server.exchange(ways);
      anchor = test::difference(anchor, server.sum);
      w = {anchor, anchor, anchor};
    }
    t.step();
    for (int m = 0; m < 3; ++m) REQUIRE(test::distance(test::weights(t, m), w[static_cast<std::size_t>(m)]) < 1e-12);
  }
}

TEST_CASE("of what is sent exactly nothing is left: the bare server's run to rounding, from the first step") {
  auto const game = test::smg();
  trainer with{game, omd{eta}, ef21{identity{}}, parameter_server<>{}, loopback{4}, cpu{}};
  trainer bare{game, omd{eta}, identity{}, parameter_server<>{}, loopback{4}, cpu{}};
  for (int step = 0; step < 300; ++step) {
    with.step();
    bare.step();
    REQUIRE(test::distance(test::weights(with), test::weights(bare)) < 1e-13);
  }
  CHECK(with.report().uplink == bare.report().uplink);
}

TEST_CASE("a skipped step leaves what the server knows of its workers, and the sum, as they were") {
  for (double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e308}) {
    CAPTURE(bad);
    auto game = test::smg(3);
    auto const healthy = game;
    game.also = [bad](sample s, vector const&, vector& g) {
      for (double& x : g) x /= 100;
      if (s.step == 10 && s.worker == 1) g[13] = bad;
    };
    trainer t{game, sgda{100 * eta}, sparse{}, parameter_server<>{}, loopback{3}, cpu{}};
    vector w = game.start;
    plain server;
    for (int n = 1; n <= 100; ++n) {
      std::vector<vector> v;
      for (int j = 0; j < 3; ++j) v.push_back(times_eta(healthy.field(j, w)));
      if (n != 10) {
        server.exchange(v);
        w = test::difference(w, server.sum);
      }
      t.step();
      same_weights(t, w);
    }
    report const r = t.report();
    CHECK(r.skipped_steps == 1);
    REQUIRE(r.non_finite.has_value());
    CHECK(r.non_finite->worker == 1);
    CHECK(r.non_finite->coordinate == 3);
  }
}

TEST_CASE("on workers that differ it reaches the solution, where error feedback circles around it") {
  // Medians over draws of the game. One bit a coordinate wants shorter steps than two coordinates in ten.
  auto const error = [](auto c, auto o, int steps) {
    return test::median_of_draws([&](std::uint64_t seed) {
      auto const game = test::smg(4, seed);
      trainer t{game, o, c, parameter_server<>{}, loopback{4}, cpu{}};
      t.run(steps);
      return test::distance(test::weights(t), test::solution(game));
    });
  };
  SUBCASE("two coordinates of each player's ten") {
    CHECK(error(sparse{}, sgda{eta}, 40000) < 1e-9);
    CHECK(error(sparse{}, averaged_omd{eta}, 40000) < 1e-9);
    CHECK(error(error_feedback<top_k<128, 2>>{}, sgda{eta}, 40000) > 1e-2);
  }
  SUBCASE("one bit a coordinate") {
    CHECK(error(ef21<scaled_sign<128>>{}, sgda{eta / 2}, 40000) < 1e-9);
    CHECK(error(error_feedback<scaled_sign<128>>{}, sgda{eta / 2}, 40000) > 1e-2);
  }
}

TEST_CASE("with a step size that falls it reaches the solution too, wherever the optimizer adapts") {
  schedule const root = schedule::inverse_sqrt(eta, 5000), line = schedule::linear(eta, 40000, eta / 10);
  auto const error = [](auto c, auto o, auto topology) {
    double worst = 0;
    for (std::uint64_t seed = 1; seed <= (is_nightly() ? 2 : 1); ++seed) {
      auto const game = test::smg(4, seed);
      trainer t{game, o, c, topology, loopback{4}, cpu{}};
      t.run(40000);
      worst = std::fmax(worst, test::distance(test::weights(t), test::solution(game)));
    }
    return worst;
  };
  parameter_server<> const server;
  for (schedule const& s : {root, line}) {
    CHECK(error(sparse{}, sgda{s}, server) < 1e-8);
    CHECK(error(sparse{}, sgda{s}, on_average{}) < 1e-8);
    CHECK(error(error_feedback<top_k<128, 2>>{}, sgda{s}, server) > 1e-3);
  }
  CHECK(error(sparse{}, averaged_omd{line}, server) < 1e-8);
  CHECK(error(sparse{}, per_player<sgda, sgda>{{line}, {root}}, server) < 1e-8);
  CHECK(error(sparse{}, sgda{line}, local_steps{parameter_server<>{}, 1}) < 1e-8);
}

TEST_CASE("what is tracked is in units of each player's step size of the step") {
  auto const game = test::smg(3);
  schedule const of_min = schedule::linear(eta, 150, 0).warmed_up(20), of_max = schedule::cosine(eta, 100, eta / 8);
  trainer t{game, per_player<sgda, sgda>{{of_min}, {of_max}}, sparse{}, parameter_server<>{}, loopback{3}, cpu{}};
  vector w = game.start;
  plain server;
  for (int n = 1; n <= 200; ++n) {
    if (of_min(n) == 0) break;
    std::vector<vector> gradients;
    for (int m = 0; m < 3; ++m) gradients.push_back(game.field(m, w));
    server.exchange(gradients);
    for (std::size_t i = 0; i < 20; ++i) w[i] -= (i < 10 ? of_min(n) : of_max(n)) * server.sum[i];
    t.step();
    same_weights(t, w);
  }
  // Where a player's step size is 0 it stays, and the other one goes on.
  vector const before = test::weights(t);
  t.run(40);
  for (std::size_t i = 0; i < 20; ++i) CHECK((test::weights(t)[i] == before[i]) == (i < 10));
}

TEST_CASE("in floats too it stays at the solution: what is sent vanishes, and is not lost in what is known") {
  struct in_floats {
    using scalar = float;
    test::linear_game game;
    players sizes() const { return game.sizes(); }
    void initial(std::uint64_t, point<float>) const {}
    void gradient(point<float const> at, sample s, point<float> out) const {
      vector w(at.min.begin(), at.min.end());
      w.insert(w.end(), at.max.begin(), at.max.end());
      vector const f = game.field(s.worker, w);
      for (std::size_t i = 0; i < 10; ++i) {
        out.min[i] = static_cast<float>(f[i]);
        out.max[i] = static_cast<float>(f[10 + i]);
      }
    }
  };
  auto const game = test::smg();
  vector const solved = test::solution(game);
  trainer t{in_floats{game}, sgda{eta / 2}, ef21{scaled_sign<128>{}}, parameter_server<>{}, loopback{4}, cpu{}};
  t.run(is_nightly() ? 200000 : 100000);
  auto const w = t.weights(0);
  vector reached(w.min.begin(), w.min.end());
  reached.insert(reached.end(), w.max.begin(), w.max.end());
  CHECK(test::distance(reached, solved) < 2e-5);
}

}  // namespace ef21_tests
