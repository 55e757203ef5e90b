// Local steps against plain loops in which every worker goes its own way and, every so often, they meet.
#include "saddle/run/bound_step.hpp"

#include "game.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

namespace local_steps_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr double eta = 0.05;

template <class O, class C>
trainer<double> served(test::linear_game const& game, O o, C c, int every, settings const& s = {}) {
  return {game, o, c, local_steps{parameter_server<>{}, every}, loopback{game.workers()}, cpu{}, s};
}

/// One worker of a plain loop.
struct plain_worker {
  vector w, h, m, v;
};
/// Adam's direction after the n-th gradient.
vector adapted(plain_worker& a, vector const& g, int n, double beta1, double beta2) {
  vector direction(g.size());
  for (std::size_t i = 0; i < g.size(); ++i) {
    a.m[i] = beta1 * a.m[i] + (1 - beta1) * g[i];
    a.v[i] = beta2 * a.v[i] + (1 - beta2) * g[i] * g[i];
    direction[i] = eta * a.m[i] / (1 - std::pow(beta1, n)) / (std::sqrt(a.v[i] / (1 - std::pow(beta2, n))) + 1e-8);
  }
  return direction;
}

/// A part of a step after which workers may meet: move(m, a, n) moves the coordinates first ... last - 1 of worker m in
/// step n; after(a) says what follows when w is where it will stay.
struct part {
  std::size_t first, last;
  std::function<void(int m, plain_worker& a, int n)> move;
  std::function<void(plain_worker& a)> after = [](plain_worker&) {};
};

/// Every `every`-th step the workers meet at their average. State is never exchanged.
template <class O>
void follows(O const& o, std::vector<part> const& parts) {
  auto const game = test::smg(3);
  for (int every : {1, 2, 5}) {
    CAPTURE(every);
    auto t = served(game, o, identity{}, every);
    std::vector<plain_worker> all(3, {game.start, game.start, vector(20), vector(20)});
    double apart = 0;
    for (int n = 1; n <= 60; ++n) {
      for (part const& p : parts) {
        for (int m = 0; m < 3; ++m) p.move(m, all[static_cast<std::size_t>(m)], n);
        if (n % every == 0)
          for (std::size_t i = p.first; i < p.last; ++i) {
            double const mean = (all[0].w[i] + all[1].w[i] + all[2].w[i]) / 3;
            for (plain_worker& a : all) a.w[i] = mean;
          }
        for (plain_worker& a : all) p.after(a);
      }
      t.step();
      for (int m = 0; m < 3; ++m)
        REQUIRE(test::distance(test::weights(t, m), all[static_cast<std::size_t>(m)].w) < 1e-12);
      for (int m = 1; m < 3 && n % every == 0; ++m) REQUIRE(test::weights(t, m) == test::weights(t));
      apart = std::max(apart, test::disagreement(t));
    }
    CHECK((apart > 1e-3) == (every > 1));
  }
}

}  // namespace

TEST_CASE("workers go their own way and meet at their average") {
  auto const game = test::smg(3);
  auto const subtract = [](vector& from, vector const& v, std::size_t first = 0, std::size_t last = 20) {
    for (std::size_t i = first; i < last; ++i) from[i] -= v[i];
  };
  auto const times_eta = [](vector v) {
    for (double& x : v) x *= eta;
    return v;
  };
  SUBCASE("sgda: Local SGDA") {
    follows(sgda{eta}, {{0, 20, [&](int m, plain_worker& a, int) { subtract(a.w, times_eta(game.field(m, a.w))); }}});
  }
  SUBCASE("adam: FL-GAN, each worker with moments of its own") {
    follows(adam{.step_size = eta}, {{0, 20, [&](int m, plain_worker& a, int n) {
                                        subtract(a.w, adapted(a, game.field(m, a.w), n, 0.9, 0.999));
                                      }}});
  }
  SUBCASE("omd: after a round it looks ahead from where all are") {
    auto const last = std::make_shared<std::vector<vector>>(3);
    auto const turn = std::make_shared<std::size_t>(0);
    follows(omd{eta}, {{0, 20,
                        [=](int m, plain_worker& a, int n) {
                          if (n == 1) a.h = a.w;
                          vector& v = (*last)[static_cast<std::size_t>(m)];
                          v = times_eta(game.field(m, a.h));
                          subtract(a.w, v);
                        },
                        [=](plain_worker& a) {
                          a.h = a.w;
                          subtract(a.h, (*last)[(*turn)++ % 3]);
                        }}});
  }
  SUBCASE("extragradient: both gradients are the worker's own") {
    follows(extragradient{eta}, {{0, 20, [&](int m, plain_worker& a, int) {
                                    a.h = a.w;
                                    subtract(a.h, times_eta(game.field(m, a.w)));
                                    subtract(a.w, times_eta(game.field(m, a.h)));
                                  }}});
  }
  SUBCASE("extra_adam") {
    follows(extra_adam{.step_size = eta}, {{0, 20, [&](int m, plain_worker& a, int n) {
                                              a.h = a.w;
                                              subtract(a.h, adapted(a, game.field(m, a.w), 2 * n - 1, 0.5, 0.9));
                                              subtract(a.w, adapted(a, game.field(m, a.h), 2 * n, 0.5, 0.9));
                                            }}});
  }
  SUBCASE("alternating: in a round the maximizing players answer to where the minimizing ones met") {
    follows(alternating_sgda{{eta}},
            {{0, 10, [&](int m, plain_worker& a, int) { subtract(a.w, times_eta(game.field(m, a.w)), 0, 10); }},
             {10, 20, [&](int m, plain_worker& a, int) { subtract(a.w, times_eta(game.field(m, a.w)), 10, 20); }}});
  }
  SUBCASE("per_player: in a round the maximizing players meet after each of their steps") {
    auto const alone = [&](int m, plain_worker& a, int) { subtract(a.w, times_eta(game.field(m, a.w)), 10, 20); };
    follows(per_player<sgda, sgda>{{eta}, {eta}, 3},
            {{10, 20, alone},
             {10, 20, alone},
             {0, 20, [&](int m, plain_worker& a, int) { subtract(a.w, times_eta(game.field(m, a.w))); }}});
  }
}

TEST_CASE("boxes hold in every step, and a round averages before it is boxed") {
  auto const game = test::smg(3);
  settings const s{.min_box = {.lo = -0.2, .hi = 0.1}, .max_box = {.lo = -0.15}};
  auto const boxed = [](vector w) {
    for (std::size_t i = 0; i < 10; ++i) w[i] = std::clamp(w[i], -0.2, 0.1);
    for (std::size_t i = 10; i < 20; ++i) w[i] = std::max(w[i], -0.15);
    return w;
  };
  auto t = served(game, omd{eta}, identity{}, 3, s);
  std::vector<vector> w(3, game.start), h = w, v(3, vector(20));
  int at_a_wall = 0;
  for (int n = 1; n <= 60; ++n) {
    for (int m = 0; m < 3; ++m) {
      auto const j = static_cast<std::size_t>(m);
      v[j] = game.field(m, h[j]);
      for (double& x : v[j]) x *= eta;
      w[j] = test::difference(w[j], v[j]);
    }
    if (n % 3 == 0) {
      for (std::size_t i = 0; i < 20; ++i) w[0][i] = (w[0][i] + w[1][i] + w[2][i]) / 3;
      w[1] = w[2] = w[0];
    }
    for (std::size_t j = 0; j < 3; ++j) {
      w[j] = boxed(w[j]);
      h[j] = boxed(test::difference(w[j], v[j]));
    }
    t.step();
    for (int m = 0; m < 3; ++m) {
      auto const j = static_cast<std::size_t>(m);
      REQUIRE(test::distance(test::weights(t, m), w[j]) < 1e-12);
      REQUIRE(test::distance(test::look_ahead(t, m), h[j]) < 1e-12);
      at_a_wall += boxed(test::weights(t, m)) == test::weights(t, m) && w[j][0] == 0.1;
    }
  }
  CHECK(at_a_wall > 0);
}

TEST_CASE("every = 1 is the topology itself, to the bit") {
  auto const game = test::smg(3);
  auto const same = [&](auto o, auto c, auto topology) {
    if constexpr (requires { c.subtract_in_look_ahead; }) c.subtract_in_look_ahead = false;
    trainer plain{game, o, c, topology, loopback{3}, cpu{}};
    trainer local{game, o, c, local_steps{topology, 1}, loopback{3}, cpu{}};
    for (int step = 0; step < 100; ++step) {
      plain.step();
      local.step();
      REQUIRE(plain.digest() == local.digest());
      for (int m = 0; m < 3; ++m) {
        REQUIRE(test::memory(plain, m) == test::memory(local, m));
        REQUIRE(test::look_ahead(plain, m) == test::look_ahead(local, m));
      }
    }
    CHECK(plain.report().uplink == local.report().uplink);
    CHECK(plain.report().downlink == local.report().downlink);
  };
  using sparse = error_feedback<top_k<128, 2>>;
  parameter_server<> const server;
  SUBCASE("a server, exact") { same(omd{eta}, identity{}, server); }
  SUBCASE("a server, with dithering") { same(adam{.step_size = eta}, qsgd<128, 4>{}, server); }
  SUBCASE("a server, with error memory") { same(omd{eta}, sparse{}, server); }
  SUBCASE("a server, both ways") { same(extragradient{eta}, sparse{}, parameter_server<sparse>{}); }
  SUBCASE("a server, one player after the other") { same(alternating_sgda{{eta}}, sparse{}, server); }
  SUBCASE("a server, several steps of one player") {
    same(per_player<omd, adam>{.min = {eta}, .max = {.step_size = eta}, .max_steps = 3}, sparse{}, server);
  }
}

TEST_CASE("a round with error memory sends the whole way, and what it leaves out is owed") {
  // DQGAN's loop with local steps, without its look-ahead: top_k, up alone and both ways.
  auto const game = test::smg(3);
  using sparse = error_feedback<top_k<128, 2>>;
  auto const largest_two = [](vector v) {
    test::keep_largest(v, 0, 10, 2);
    test::keep_largest(v, 10, 20, 2);
    return v;
  };
  auto const follow = [&](trainer<double> t, bool both_ways) {
    vector anchor = game.start, server(20);
    std::vector<vector> w(3, anchor), h = w, e(3, vector(20)), v(3);
    for (int n = 1; n <= 120; ++n) {
      vector sum(20);
      for (std::size_t m = 0; m < 3; ++m) {
        v[m] = game.field(static_cast<int>(m), h[m]);
        for (double& x : v[m]) x *= eta;
        w[m] = test::difference(w[m], v[m]);
        if (n % 4 != 0) continue;
        vector p = test::difference(anchor, w[m]);
        for (std::size_t i = 0; i < 20; ++i) p[i] += e[m][i];
        vector const sent = largest_two(p);
        e[m] = test::difference(p, sent);
        for (std::size_t i = 0; i < 20; ++i) sum[i] += sent[i] / 3;
      }
      if (n % 4 == 0) {
        if (both_ways) {
          for (std::size_t i = 0; i < 20; ++i) server[i] += sum[i];
          sum = largest_two(server);
          server = test::difference(server, sum);
        }
        anchor = test::difference(anchor, sum);
        w = {anchor, anchor, anchor};
      }
      t.step();
      for (std::size_t m = 0; m < 3; ++m) {
        h[m] = test::difference(w[m], v[m]);
        REQUIRE(test::distance(test::weights(t, static_cast<int>(m)), w[m]) < 1e-12);
        REQUIRE(test::distance(test::memory(t, static_cast<int>(m)), e[m]) < 1e-12);
        REQUIRE(test::distance(test::look_ahead(t, static_cast<int>(m)), h[m]) < 1e-12);
      }
    }
    CHECK(test::norm(e[0]) > 1e-3);
    CHECK(test::all_zero(server) != both_ways);
  };
  SUBCASE("up") { follow(served(game, omd{eta}, sparse{}, 4), false); }
  SUBCASE("both ways") {
    follow({game, omd{eta}, sparse{}, local_steps{parameter_server<sparse>{}, 4}, loopback{3}, cpu{}}, true);
  }
}

TEST_CASE("w - mean e is where the workers' directions lead, in rounds and between them, for any compressor") {
  auto const keeps_the_balance = [](auto c) {
    auto game = test::smg();
    auto const sum = std::make_shared<vector>(20);
    game.also = [sum](sample, vector const&, vector const& g) {
      for (std::size_t i = 0; i < 20; ++i) (*sum)[i] += eta / 4 * g[i];
    };
    auto t = served(game, omd{eta}, c, 3);
    double owed = 0;
    for (int step = 0; step < 300; ++step) {
      t.step();
      REQUIRE(test::distance(test::settled(t), test::difference(game.start, *sum)) < 1e-12 * (1 + test::norm(*sum)));
      owed = std::max(owed, test::norm(test::mean(t, test::memory)));
    }
    CHECK(owed > 1e-3);
  };
  SUBCASE("top_k") { keeps_the_balance(error_feedback<top_k<128, 1>>{}); }
  SUBCASE("scaled_sign") { keeps_the_balance(error_feedback<scaled_sign<128>>{}); }
  SUBCASE("qsgd, 2 bits") { keeps_the_balance(error_feedback<qsgd<128, 2, rounding::nearest>>{}); }
  SUBCASE("one coordinate in twenty of all") { keeps_the_balance(error_feedback{global_top_k<128>{.fraction = 0.05}}); }
}

TEST_CASE("a constant step leaves workers that differ beside the solution, further the more steps they take alone") {
  // Medians over draws of the game, at steps of 0.01 until none of the start is left. Deng and Mahdavi's and
  // Beznosikov et al.'s methods; expected is what another implementation measured on a draw of its own.
  auto const is = [](auto o, int every, double expected) {
    double const error = test::median_of_draws([&](std::uint64_t seed) {
      auto const game = test::smg(4, seed);
      auto t = served(game, o, identity{}, every);
      t.run(20000);
      return test::distance(test::mean_weights(t), test::solution(game));
    });
    CAPTURE(every);
    CHECK(error < 1.25 * expected + 1e-6);
    CHECK(error > expected / 1.25 - 1e-6);
  };
  is(sgda{0.01}, 1, 0);
  is(sgda{0.01}, 5, 3.1e-2);
  is(sgda{0.01}, 20, 1.4e-1);
  is(extragradient{0.01}, 1, 1.5e-2);
  is(extragradient{0.01}, 5, 4.6e-2);
  is(extragradient{0.01}, 20, 1.6e-1);
}

}  // namespace local_steps_tests
