#include "saddle/train/trainer.hpp"

#include "game.hpp"
#include "saddle/transport/simulated.hpp"
#include "processes.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

namespace trainer_tests {

using namespace saddle;
using test::vector;

namespace {

template <class O>
trainer<double> of_one_worker(test::linear_game const& game, O o) {
  return {game, o, identity{}, parameter_server<>{}, loopback{1}, cpu{}, settings{}};
}

}  // namespace

TEST_CASE("one worker with omd is the plain loop of the past extragradient, to the bit") {
  auto const game = test::bil(1);
  double const eta = 0.1;
  auto const check = [&](trainer<double> t) {
    vector w = game.start, g(10), h(10);
    for (int step = 0; step < 200; ++step) {
      for (std::size_t i = 0; i < 10; ++i) h[i] = w[i] - eta * g[i];
      REQUIRE(test::look_ahead(t) == h);
      g = game.field(0, h);
      for (std::size_t i = 0; i < 10; ++i) w[i] = w[i] - eta * g[i];
      t.step();
      REQUIRE(test::weights(t) == w);
    }
  };
  SUBCASE("bare on a server") { check(of_one_worker(game, omd{eta})); }
  SUBCASE("DQGAN without compression") {
    check({game, omd{eta}, error_feedback<identity>{}, parameter_server<>{}, loopback{1}, cpu{}});
  }
  SUBCASE("DPOSG with nobody to talk to") { check({game, omd{eta}, identity{}, gossip{ring(1)}, loopback{1}, cpu{}}); }
  SUBCASE("looking ahead along the average") { check(of_one_worker(game, averaged_omd{eta})); }
  SUBCASE("one omd for each player") {
    check(of_one_worker(game, per_player<omd, omd>{.min = {eta}, .max = {eta}}));
  }
}

TEST_CASE("a problem may scribble over its gradient before it writes it") {
  // The step after it must find the previous gradient's effect in h, or omd is simultaneous descent in disguise.
  auto const game = test::bil(1);
  struct scribbler : test::linear_game {
    void gradient(point<double const> at, sample s, point<double> out) const {
      vector const w = test::joined(at);
      for (auto part : {out.min, out.max}) std::fill(part.begin(), part.end(), 1e9);
      split(field(s.worker, w), out);
    }
  };
  trainer t{scribbler{game}, omd{0.1}, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
  auto clean = of_one_worker(game, omd{0.1}), descent = of_one_worker(game, sgda{0.1});
  t.run(50);
  clean.run(50);
  descent.run(50);
  CHECK(t.digest() == clean.digest());
  CHECK(test::norm(test::weights(t)) < 0.9 * test::norm(test::weights(descent)));
}

TEST_CASE("no method begins with a double step") {
  auto const game = test::bil(1);
  vector const g = game.field(0, game.start);
  auto const first_move = [&](auto o) {
    auto t = of_one_worker(game, o);
    t.step();
    return test::difference(game.start, test::weights(t));
  };
  vector const moved = first_move(omd{0.1}), adaptive = first_move(optimistic_adam{.step_size = 0.1});
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(moved[i] == doctest::Approx(0.1 * g[i]).epsilon(1e-12));
    CHECK(adaptive[i] == doctest::Approx(g[i] > 0 ? 0.1 : -0.1).epsilon(1e-6));
  }
}

TEST_CASE("one worker with each of the other optimizers is its plain loop, to the bit") {
  auto const game = test::bil(1);
  double const eta = 0.1, epsilon = 1e-8;
  vector w = game.start, h(10), m(10), v(10), ratio(10);
  // Adam's ratio after the n-th gradient.
  auto const adapt = [&](vector const& g, int n, double beta1, double beta2) {
    double const c1 = 1 / (1 - std::pow(beta1, n)), c2 = 1 / (1 - std::pow(beta2, n));
    for (std::size_t i = 0; i < 10; ++i) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * (g[i] * g[i]);
      ratio[i] = m[i] * c1 / (std::sqrt(v[i] * c2) + epsilon);
    }
  };
  auto const follow = [&](trainer<double> t, auto plain_step) {
    for (int n = 1; n <= 100; ++n) {
      plain_step(n);
      t.step();
      REQUIRE(test::weights(t) == w);
    }
  };
  SUBCASE("sgda") {
    follow(of_one_worker(game, sgda{eta}), [&](int) {
      vector const g = game.field(0, w);
      for (std::size_t i = 0; i < 10; ++i) w[i] -= eta * g[i];
    });
  }
  SUBCASE("alternating_sgda: the maximizing player answers") {
    follow(of_one_worker(game, alternating_sgda{.step_size = eta}), [&](int) {
      vector const g = game.field(0, w);
      for (std::size_t i = 0; i < 5; ++i) w[i] -= eta * g[i];
      vector const answer = game.field(0, w);
      for (std::size_t i = 5; i < 10; ++i) w[i] -= eta * answer[i];
    });
  }
  SUBCASE("extragradient") {
    follow(of_one_worker(game, extragradient{eta}), [&](int) {
      vector const g = game.field(0, w);
      for (std::size_t i = 0; i < 10; ++i) h[i] = w[i] - eta * g[i];
      vector const second = game.field(0, h);
      for (std::size_t i = 0; i < 10; ++i) w[i] -= eta * second[i];
    });
  }
  SUBCASE("adam") {
    follow(of_one_worker(game, adam{.step_size = eta}), [&](int n) {
      adapt(game.field(0, w), n, 0.9, 0.999);
      for (std::size_t i = 0; i < 10; ++i) w[i] -= eta * ratio[i];
    });
  }
  SUBCASE("optimistic_adam: the old ratio computed again has the bits of the old ratio stored") {
    follow(of_one_worker(game, optimistic_adam{.step_size = eta}), [&](int n) {
      vector const old = ratio;
      adapt(game.field(0, w), n, 0.5, 0.9);
      for (std::size_t i = 0; i < 10; ++i)
        w[i] -= n == 1 ? eta * ratio[i] : 2 * eta * ratio[i] - eta * old[i];
    });
  }
  SUBCASE("extra_adam: both gradients enter the moments") {
    follow(of_one_worker(game, extra_adam{.step_size = eta}), [&](int n) {
      adapt(game.field(0, w), 2 * n - 1, 0.5, 0.9);
      for (std::size_t i = 0; i < 10; ++i) h[i] = w[i] - eta * ratio[i];
      adapt(game.field(0, h), 2 * n, 0.5, 0.9);
      for (std::size_t i = 0; i < 10; ++i) w[i] -= eta * ratio[i];
    });
  }
  SUBCASE("per_player: omd against three moves of simultaneous descent, whose schedule counts the steps of the run") {
    schedule const eager = schedule::linear(0.2, 200, 0.01);
    vector g(10);
    follow(of_one_worker(game, per_player<omd, sgda>{.min = {eta}, .max = {eager}, .max_steps = 3}), [&](int n) {
      h = w;  // the maximizing player does not look ahead
      for (std::size_t i = 0; i < 5; ++i) h[i] = w[i] - eta * g[i];
      for (int turn = 0; turn < 3; ++turn) {
        g = game.field(0, h);
        for (std::size_t i = 5; i < 10; ++i) h[i] = w[i] -= eager(n) * g[i];
      }
      for (std::size_t i = 0; i < 5; ++i) w[i] -= eta * g[i];
    });
  }
}

TEST_CASE("a server subtracts the average of the workers' directions, in their order") {
  auto const game = test::smg(3);
  trainer t{game, sgda{0.05}, identity{}, parameter_server<>{}, loopback{3}, cpu{}};
  vector w = game.start;
  for (int step = 0; step < 100; ++step) {
    vector sum(20);
    for (int m = 0; m < 3; ++m) {
      vector const g = game.field(m, w);
      for (std::size_t i = 0; i < 20; ++i) sum[i] += (1.0 / 3) * (0.05 * g[i]);
    }
    for (std::size_t i = 0; i < 20; ++i) w[i] -= sum[i];
    t.step();
    for (int m = 0; m < 3; ++m) REQUIRE(test::weights(t, m) == w);
  }
}

TEST_CASE("a step size that changes is that of its step") {
  auto const game = test::bil(1);
  schedule const eta = schedule::linear(0.2, 100, 0.01).warmed_up(10);
  auto t = of_one_worker(game, omd{eta});
  vector w = game.start, h = w;
  for (int n = 1; n <= 150; ++n) {
    vector const g = game.field(0, h);
    for (std::size_t i = 0; i < 10; ++i) {
      w[i] -= eta(n) * g[i];
      h[i] = w[i] - eta(n) * g[i];
    }
    t.step();
    REQUIRE(test::weights(t) == w);
  }
  CHECK(eta(5) == 0.1);
  CHECK(eta(150) == doctest::Approx(0.01));
}

TEST_CASE("run calls back after each step and stops when told to") {
  auto t = of_one_worker(test::bil(1), omd{0.1});
  std::vector<std::int64_t> steps;
  t.run(10, [&](report const& r) {
    steps.push_back(r.step);
    return r.step < 3;
  });
  CHECK(steps == std::vector<std::int64_t>{1, 2, 3});
  t.run(2, [&](report const& r) { steps.push_back(r.step); });
  CHECK(steps == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  report const r = t.report();
  CHECK(r.steps_executed == 5);
  CHECK(r.gradients == 5);
  CHECK(r.optimizer == "omd");
  CHECK(r.compressor == "identity");
  CHECK(r.topology == "parameter-server");
  CHECK(r.feedback == feedback::none);
  CHECK(r.wire_bytes == 0);
  CHECK(t.memory(0).min.empty());
  CHECK(t.sizes() == players{5, 5});
  CHECK_THROWS_AS(t.weights(1), std::invalid_argument);
  CHECK_THROWS_AS(t.weights(-1), std::invalid_argument);
}

TEST_CASE("combinations without meaning are refused at construction") {
  auto const game = test::bil(4);
  auto const refuses = [&](auto o, auto c, auto topology, int workers, std::string const& why, settings const& s = {}) {
    try {
      trainer t{game, o, c, topology, loopback{workers}, cpu{}, s};
      FAIL_CHECK("accepted, should say: " << why);
    } catch (std::invalid_argument const& e) {
      CHECK_MESSAGE(std::string(e.what()).find(why) != std::string::npos, e.what());
    }
  };
  parameter_server<> const server;
  refuses(omd{0.1}, identity{}, server, 5, "5 workers, but the problem has data for 4");
  refuses(omd{0.1}, identity{}, server, 0, "at least one worker");
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (double bad : {1.0, -0.1, inf, nan})
    refuses(omd{0.1}, identity{}, server, 4, "settings: decay lies in [0, 1), and is " + number_text(bad), {.decay = bad});
  for (box bad : {box{1, 0}, box{nan, 1}, box{-1, nan}, box{inf, inf}, box{-inf, -inf}}) {
    std::string const is = "_box has lo <= hi, not both infinite alike, and is [" + number_text(bad.lo) + ", " +
                           number_text(bad.hi) + "]";
    refuses(omd{0.1}, identity{}, server, 4, "settings: max" + is, {.max_box = bad});
    refuses(omd{0.1}, identity{}, server, 4, "settings: min" + is, {.min_box = bad});
  }
  for (double bad : {-0.1, nan, inf}) {
    std::string const is = ": step_size is finite and not negative, and is " + number_text(bad);
    refuses(sgda{bad}, identity{}, server, 4, "sgda" + is);
    refuses(alternating_sgda{bad}, identity{}, server, 4, "alternating-sgda" + is);
    refuses(alternating<omd>{{bad}}, identity{}, server, 4, "omd" + is);
    refuses(omd{bad}, identity{}, server, 4, "omd" + is);
    refuses(averaged_omd{bad}, identity{}, server, 4, "averaged-omd" + is);
    refuses(extragradient{bad}, identity{}, server, 4, "extragradient" + is);
    refuses(averaged_extragradient{bad}, identity{}, server, 4, "averaged-extragradient" + is);
    refuses(adam{.step_size = bad}, identity{}, server, 4, "adam" + is);
    refuses(optimistic_adam{.step_size = bad}, identity{}, server, 4, "optimistic-adam" + is);
    refuses(extra_adam{.step_size = bad}, identity{}, server, 4, "extra-adam" + is);
    refuses(per_player<omd, sgda>{.min = {}, .max = {bad}}, identity{}, server, 4, "per_player: max: sgda" + is);
  }
  refuses(sgda{schedule::linear(0.01, -5)}, identity{}, server, 4,
          "sgda: step_size.length is finite and not negative, and is -5");
  refuses(adam{.beta2 = 1}, identity{}, server, 4, "adam: beta2 lies in [0, 1), and is 1");
  for (double bad : {0.0, -0.1, 1.1, nan})
    refuses(sgda{0.1}, error_feedback{global_top_k<128>{bad}}, server, 4,
            "global_top_k: fraction lies in (0, 1], and is " + number_text(bad));
  for (int bad : {0, -1})
    refuses(sgda{0.1}, identity{}, local_steps{server, bad}, 4,
            "local_steps: every is at least 1, and is " + std::to_string(bad));
  for (double bad : {-0.1, 1.1, nan, inf})
    refuses(omd{0.1}, qsgd<128, 8>{}, gossip{.graph = ring(4), .consensus_step = bad}, 4,
            "gossip: consensus_step lies in [0, 1], and is " + number_text(bad));
  for (double bad : {0.0, -0.1, 1.1, nan})
    refuses(omd{0.1}, identity{}, accelerated_gossip{.graph = ring(4), .spectral_gap = bad}, 4,
            "accelerated_gossip: spectral_gap lies in (0, 1], and is " + number_text(bad));
  refuses(omd{0.1}, identity{}, gossip{ring(3)}, 4, "the graph has 3 workers, the transport 4");
  refuses(omd{0.1}, identity{}, gossip{.graph = ring(4), .rounds = 0}, 4, "at least one round");
  refuses(omd{0.1}, identity{}, gossip{.graph = ring(4), .consensus_step = 0.1}, 4, "no meaning for an exact");
  refuses(omd{0.1}, qsgd<128, 8>{}, gossip{ring(4)}, 4, "needs a consensus_step");
  refuses(omd{0.1}, qsgd<128, 8>{}, gossip{.graph = one_peer_exponential(4), .consensus_step = 0.1}, 4,
          "this graph varies");
  mixing_rows const pairs{{{0, 0.5}, {1, 0.5}}, {{0, 0.5}, {1, 0.5}}, {{2, 0.5}, {3, 0.5}}, {{2, 0.5}, {3, 0.5}}};
  mixing_graph const islands{"islands", 4, {pairs}};
  refuses(omd{0.1}, identity{}, gossip{islands}, 4, "gossip: the graph is not connected");
  refuses(omd{0.1}, identity{}, local_steps{gossip{islands}, 2}, 4, "gossip: the graph is not connected");
  refuses(per_player<omd, omd>{.max_steps = 0}, identity{}, server, 4, "max_steps must be at least 1");
}

TEST_CASE("a field that nothing would read is refused where it is set, and not ignored") {
  auto const game = test::bil(4);
  auto const refuses = [&](auto o, auto c, auto topology, auto const& connection, settings const& s, char const* why) {
    CHECK_THROWS_WITH_AS((trainer{game, o, c, topology, connection, cpu{}, s}), doctest::Contains(why),
                         std::invalid_argument);
  };
  parameter_server<> const server;
  loopback const here{4};
  gossip const lossy{.graph = ring(4), .consensus_step = 0.1};
  using careful = error_feedback<qsgd<128, 8>>;
  careful const subtracts{{}, true}, leaves{{}, false};
  // What a look-ahead is to subtract.
  char const* const of_servers = "error_feedback: subtract_in_look_ahead is for a server";
  refuses(omd{0.1}, subtracts, lossy, here, {}, of_servers);
  refuses(omd{0.1}, subtracts, local_steps{server, 2}, here, {}, of_servers);
  refuses(omd{0.1}, subtracts, local_steps{lossy, 2}, here, {}, of_servers);
  refuses(sgda{0.1}, subtracts, server, here, {}, "this optimizer looks nowhere ahead");
  refuses(omd{0.1}, identity{}, parameter_server{subtracts}, here, {}, "has no meaning on the downlink");
  refuses(omd{0.1}, identity{}, local_steps<parameter_server<careful>>{{leaves}, 2}, here, {}, "on the downlink");
  CHECK_NOTHROW(trainer{game, omd{0.1}, subtracts, server, here, cpu{}});
  CHECK_NOTHROW(trainer{game, omd{0.1}, leaves, lossy, here, cpu{}});
  CHECK_NOTHROW(trainer{game, omd{0.1}, leaves, local_steps{server, 2}, here, cpu{}});
  // Averages, boxes.
  refuses(omd{0.1}, identity{}, server, here, {.decay = 0.9}, "only averaging::exponential reads it");
  refuses(omd{0.1}, identity{}, server, here, {.average = averaging::uniform, .decay = 0.9}, "decay is set");
  auto const alone = test::scattered({vector(3), vector(3)});
  CHECK_THROWS_WITH_AS((trainer{alone, omd{0.1}, identity{}, server, loopback{2}, cpu{}, settings{.max_box = {0, 1}}}),
                       "settings: max_box is set, and that player has no coordinates", std::invalid_argument);
  // The transport's.
  simulated const in_sequence{.workers = 4, .order = sending::in_sequence};
  refuses(omd{0.1}, identity{}, server, in_sequence, {}, "simulated: order is set");
  CHECK_NOTHROW(trainer{game, omd{0.1}, identity{}, gossip{ring(4)}, in_sequence, cpu{}});
  simulated const reduces{.workers = 4, .average = all_reduce::ring};
  refuses(omd{0.1}, identity{}, gossip{ring(4)}, reduces, {}, "simulated: average is set, and over gossip");
  refuses(omd{0.1}, leaves, server, reduces, {}, "simulated: average is an all-reduce");
  refuses(omd{0.1}, identity{}, local_steps<parameter_server<careful>>{{}, 2}, reduces, {}, "average is an all-reduce");
  CHECK_NOTHROW(trainer{game, omd{0.1}, identity{}, server, reduces, cpu{}});
  test::process const star{.wires = std::make_shared<test::network>(), .workers = 4, .server = server_place::star};
  refuses(omd{0.1}, identity{}, gossip{ring(4)}, star, {}, "the transport has a place for the server");
  CHECK_NOTHROW(trainer{game, omd{0.1}, identity{}, server, star, cpu{}});
}

namespace {

/// A step of two gradients, the first of which is for a look-ahead, with or without an exchange.
template <bool ExchangesFirst>
struct of_two_gradients : sgda {
  template <class Who>
  using steps = std::conditional_t<
      ExchangesFirst,
      step_list<estimate<name::w, Who>, stays<Who>, descend<Who, name::h>, estimate<name::h, Who>, descend<Who>>,
      step_list<estimate<name::w, Who>, look_ahead<Who>, estimate<name::h, Who>, descend<Who>>>;
  template <class T>
  ahead_along_gradient<T> ahead(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
};

}  // namespace

TEST_CASE("a user's optimizer of two gradients a step, its look-ahead alone or together, is extragradient to the bit") {
  auto const game = test::bil(4);
  auto const digest_of = [&](auto o, auto topology) {
    trainer t{game, o, identity{}, topology, loopback{4}, cpu{}};
    t.run(20);
    return t.digest();
  };
  auto const same = [&](auto topology) {
    of_two_gradients<false> alone;
    of_two_gradients<true> together;
    alone.step_size = together.step_size = 0.05;
    CHECK(digest_of(alone, topology) == digest_of(extragradient{0.05}, topology));
    CHECK(digest_of(together, topology) == digest_of(averaged_extragradient{0.05}, topology));
    CHECK(digest_of(alone, topology) != digest_of(together, topology));
  };
  same(parameter_server<>{});
  same(gossip{ring(4)});
}

TEST_CASE("what is kept between steps can be read: memories, public copies, anchors, sums, optimizer states") {
  auto const game = test::smg(3);
  auto const empty = [](point<double const> p) { return p.min.empty() && p.max.empty(); };
  using careful = error_feedback<top_k<128, 2>>;
  auto const sum_of = [](point<double const> p) { return test::norm(test::joined(p)); };

  trainer served{game, adam{.step_size = 0.02}, identity{}, parameter_server<careful>{}, loopback{3}, cpu{}};
  trainer exact{game, adam{.step_size = 0.02}, identity{}, parameter_server<>{}, loopback{3}, cpu{}};
  served.step();
  exact.step();
  // One step from the same point: what w lacks is what the server owes.
  vector const lacks = test::difference(test::weights(served), test::weights(exact));
  CHECK(test::distance(lacks, test::joined(served.server_memory())) < 1e-12);
  CHECK(sum_of(served.server_memory()) > 1e-3);
  CHECK(empty(exact.server_memory()));
  CHECK((empty(served.known(0)) && empty(served.known_average()) && empty(served.anchor())));
  // Adam's moments after one gradient.
  REQUIRE(served.state_planes() == 2);
  for (int m = 0; m < 3; ++m) {
    vector g = game.field(m, game.start), m1 = g, v1 = g;
    for (double& x : m1) x *= 0.1;
    for (double& x : v1) x *= 0.001 * x;
    CHECK(test::distance(m1, test::joined(served.optimizer_state(m, 0))) < 1e-12);
    CHECK(test::distance(v1, test::joined(served.optimizer_state(m, 1))) < 1e-12);
  }
  CHECK_THROWS_AS(served.optimizer_state(0, 2), std::invalid_argument);
  CHECK_THROWS_AS(served.optimizer_state(3, 0), std::invalid_argument);

  // Of differences, the sum is the average of what is known of the workers.
  trainer differences{game, omd{0.02}, ef21<top_k<128, 2>>{}, parameter_server<>{}, loopback{3}, cpu{}};
  differences.run(7);
  vector average(20);
  for (int m = 0; m < 3; ++m)
    for (std::size_t i = 0; i < 20; ++i) average[i] += test::joined(differences.known(m))[i] / 3;
  CHECK(test::norm(average) > 1e-3);
  CHECK(test::distance(average, test::joined(differences.known_average())) < 1e-12);

  // A public copy is what was sent: of all coordinates at once, w before it mixes.
  trainer talking{game, omd{0.02}, top_k<128, 128>{}, gossip{.graph = ring(3), .consensus_step = 0.0}, loopback{3},
                  cpu{}};
  talking.run(3);
  for (int m = 0; m < 3; ++m)
    CHECK(test::distance(test::weights(talking, m), test::joined(talking.known(m))) < 1e-12);

  trainer local{game, sgda{0.02}, identity{}, local_steps{parameter_server<>{}, 4}, loopback{3}, cpu{}};
  local.run(4);
  CHECK(test::joined(local.anchor()) == test::weights(local));
  local.run(2);
  CHECK(test::joined(local.anchor()) != test::weights(local));
  local.run(2);
  CHECK(test::joined(local.anchor()) == test::weights(local));
}

TEST_CASE("a problem's own gradient buffers are used in place") {
  struct buffered : test::linear_game {
    std::vector<vector*> buffers;  // two a worker
    point<double> gradient_buffers(int worker) const {
      auto const m = 2 * static_cast<std::size_t>(worker);
      return {{buffers[m]->data(), 5}, {buffers[m + 1]->data(), 5}};
    }
    void gradient(point<double const> at, sample s, point<double> out) const {
      auto const own = gradient_buffers(s.worker);
      CHECK(out.min.data() == own.min.data());
      CHECK(out.max.data() == own.max.data());
      split(field(s.worker, test::joined(at)), out);
    }
  };
  auto const game = test::bil(2);
  std::vector<vector> memory(4, vector(8));
  buffered own{game, {&memory[0], &memory[1], &memory[2], &memory[3]}};
  auto const make = [](auto problem) {
    return trainer<double>{problem, omd{0.1}, error_feedback{qsgd<128, 8>{}}, parameter_server<>{}, loopback{2}, cpu{}};
  };
  auto theirs = make(own), ours = make(game);
  theirs.run(20);
  ours.run(20);
  CHECK(theirs.digest() == ours.digest());
  CHECK(memory[3] != vector(8));

  own.buffers[2] = &memory[0];
  CHECK_THROWS_WITH_AS(make(own), doctest::Contains("each worker has gradient buffers of its own"),
                       std::invalid_argument);
}

}  // namespace trainer_tests
