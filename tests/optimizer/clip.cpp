#include "saddle/optimizer/clip.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "../heterogeneous.hpp"
#include "reference.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/estimator/storm.hpp"
#include "saddle/estimator/svrg.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/adamw.hpp"
#include "saddle/optimizer/alternating.hpp"
#include "saddle/optimizer/alternating_players.hpp"
#include "saddle/optimizer/anchored_extragradient.hpp"
#include "saddle/optimizer/extra_adam.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/omd.hpp"
#include "saddle/optimizer/optimistic_adam.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/proximal.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"
#include "saddle/topology/sampled.hpp"
#include "saddle/topology/tracked.hpp"

namespace clip_tests {

using namespace saddle;
using test::vector;

namespace {

using averaging_server = parameter_server<exact_downlink, adapts::on_average>;
double const infinite = std::numeric_limits<double>::infinity(), none = std::numeric_limits<double>::quiet_NaN();

enum class by { value, norm };

/// A player's gradient as the textbook clips it.
void clip(std::span<double> g, by what, double most) {
  if (what == by::value) {
    for (double& x : g) x = std::fmin(std::fmax(x, -most), most);
    return;
  }
  double squares = 0;
  for (double x : g) squares += x * x;
  double const norm = std::sqrt(squares);
  if (norm > most)
    for (double& x : g) x *= most / norm;
}
/// Both players', each with a norm of its own.
vector clipped(vector g, by what, double most) {
  clip(std::span(g).first(g.size() / 2), what, most);
  clip(std::span(g).last(g.size() / 2), what, most);
  return g;
}

/// A game that clips its gradients itself.
struct clipping_game : test::heterogeneous_game {
  by what;
  double most;

  clipping_game(double noise_of_samples, by how, double limit)
      : heterogeneous_game(noise_of_samples), what(how), most(limit) {}
  void gradient(point<double const> at, sample s, point<double> out) const {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }
  void gradient(point<double const> at, sample s, point<double> out, player who) const {
    heterogeneous_game::gradient(at, s, out, who);
    clip(out.of(static_cast<int>(who)), what, most);
  }
};

/// `clip` makes the optimizer of a limit, which about half of the gradients are above.
template <by What, class Clip, class C, class Tp>
void is_plain_on_clipped_gradients(Clip const& clip, C const& c, Tp const& topology, auto const& plain) {
  double const most = What == by::value ? 0.5 : 1.5;
  trainer<double> wrapped = test::trainer_of(test::heterogeneous_game(0.3), clip(most), c, topology, 2);
  trainer<double> reference{clipping_game(0.3, What, most), plain, c, topology, loopback{8}, cpu{}};
  trainer<double> unclipped = test::trainer_of(test::heterogeneous_game(0.3), plain, c, topology);
  CAPTURE(decltype(clip(most))::name());
  for (int step = 1; step <= 40; ++step) {
    wrapped.step();
    reference.step();
    unclipped.step();
    for (int m = 0; m < 8; ++m)
      REQUIRE(test::distance(test::joined(wrapped.weights(m)), test::joined(reference.weights(m))) < 1e-11);
  }
  CHECK(test::distance(test::joined(unclipped.weights(0)), test::joined(reference.weights(0))) > 0.01);
}
template <class O, class C, class Tp>
void clips_each_gradient(O const& o, C const& c, Tp const& topology) {
  is_plain_on_clipped_gradients<by::value>([&](double most) { return clip_by_value{o, most}; }, c, topology, o);
  is_plain_on_clipped_gradients<by::norm>([&](double most) { return clip_by_norm{o, most}; }, c, topology, o);
}

/// What each worker's gradient is at a point, of all data.
vector field(test::heterogeneous_game const& game, int worker, vector const& at, int step = 1, int draw = full_batch) {
  vector g(20);
  std::span<double const> const in(at);
  std::span<double> const out(g);
  game.gradient({in.first(10), in.last(10)}, {1, worker, step, draw}, {out.first(10), out.last(10)});
  return g;
}
vector mean_field(test::heterogeneous_game const& game, vector const& at) {
  vector sum(20);
  for (int m = 0; m < 8; ++m) {
    vector const g = field(game, m, at);
    for (std::size_t i = 0; i < 20; ++i) sum[i] += g[i] / 8;
  }
  return sum;
}

/// Gradients that are given: the same for all workers, in every step, wherever they are taken.
struct given_gradients {
  using scalar = double;
  vector min, max;
  players sizes() const { return {static_cast<std::int64_t>(min.size()), static_cast<std::int64_t>(max.size())}; }
  static void initial(std::uint64_t, point<double> w) {
    std::ranges::fill(w.min, 1);
    std::ranges::fill(w.max, -2);
  }
  void gradient(point<double const>, sample, point<double> out) const {
    std::ranges::copy(min, out.min.begin());
    std::ranges::copy(max, out.max.begin());
  }
};
template <class O, class Tp = parameter_server<>>
trainer<double> given(vector min, vector max, O o, Tp topology = {}) {
  return {given_gradients{std::move(min), std::move(max)}, o, identity{}, topology, loopback{2}, cpu{}};
}

/// v is the sign of the gradient, finite where that is not.
struct sign_descent {
  struct along_sign {
    using values = uses<in<name::g>, out<name::v>>;
    template <class T>
    SADDLE_HD void operator()(T g, T& v) const {
      v = g > 0 ? T(1) : g < 0 ? T(-1) : T(0);
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_sign direction(std::int64_t) const {
    return {};
  }
  static std::string name() { return "sign"; }
};

}  // namespace

// A norm follows each estimate, in conditions and repetitions, too.
using at_w = estimate<name::w, whole>;
using its_norm = measure_norm<whole>;
using some_list = step_list<at_w, descend<whole>, when<always, at_w>, repeat<done_once, at_w>>;
static_assert(std::is_same_v<detail::measuring<some_list>::type,
                             step_list<at_w, its_norm, descend<whole>, when<always, at_w, its_norm>,
                                       repeat<done_once, at_w, its_norm>>>);

TEST_CASE("clip: an optimizer takes the steps that it takes on gradients that are clipped") {
  adam const small{.step_size = 0.02};
  SUBCASE("sgda") { clips_each_gradient(sgda{0.1}, identity{}, parameter_server{}); }
  SUBCASE("adamw") { clips_each_gradient(adamw{0.02, 0.1}, identity{}, parameter_server{}); }
  SUBCASE("optimistic_adam") { clips_each_gradient(optimistic_adam{0.02}, identity{}, gossip{.graph = ring(8)}); }
  SUBCASE("extragradient: both") {
    extragradient const independent{.step_size = 0.1, .second = sampling::independent, .extrapolation_step_size = 0.2};
    clips_each_gradient(independent, identity{}, gossip{.graph = ring(8), .order = gossip_order::combine_then_adapt});
  }
  SUBCASE("averaged and anchored extragradient") {
    clips_each_gradient(averaged_extragradient{0.1}, identity{}, parameter_server{});
    clips_each_gradient(anchored_extragradient{0.1}, identity{}, parameter_server{});
  }
  SUBCASE("extra_adam") { clips_each_gradient(extra_adam{0.02}, identity{}, parameter_server{}); }
  SUBCASE("omd: the gradient is used twice") {
    clips_each_gradient(omd{0.1}, error_feedback<top_k<128, 4>>{}, parameter_server{});
    clips_each_gradient(omd{0.1}, identity{}, local_steps{parameter_server{}, 3});  // in one sweep
    clips_each_gradient(averaged_omd{0.1}, identity{}, parameter_server{});
  }
  SUBCASE("proximal, inside") { clips_each_gradient(proximal{sgda{0.1}, 0.1}, identity{}, parameter_server{}); }
  SUBCASE("proximal, outside") {
    auto const inside = [](double most) { return proximal{clip_by_norm{sgda{0.1}, most}, 0.1}; };
    is_plain_on_clipped_gradients<by::norm>(inside, identity{}, parameter_server{}, proximal{sgda{0.1}, 0.1});
  }
  SUBCASE("alternating") {
    auto const both = [](double most) { return alternating{clip_by_norm{adam{.step_size = 0.02}, most}}; };
    is_plain_on_clipped_gradients<by::norm>(both, identity{}, parameter_server{}, alternating{small});
  }
  SUBCASE("alternating_players") {
    auto const both = [&](double most) {
      return alternating_players{clip_by_norm{omd{0.1}, most}, clip_by_norm{small, most}};
    };
    is_plain_on_clipped_gradients<by::norm>(both, identity{}, parameter_server{}, alternating_players{omd{0.1}, small});
  }
  SUBCASE("per_player: of several moves each") {
    auto const both = [&](double most) {
      return per_player{clip_by_norm{sgda{0.1}, most}, clip_by_norm{small, most}, 3};
    };
    per_player const plain{sgda{0.1}, small, 3};
    is_plain_on_clipped_gradients<by::norm>(both, identity{}, gossip{.graph = ring(8)}, plain);
  }
}

TEST_CASE("clip: per_player has a limit a player, or none for one of them") {
  test::heterogeneous_game const game(0.3);
  auto const is_the_same_as = [&](auto a, auto b) {
    auto one = test::trainer_of(game, a, identity{}, parameter_server{});
    auto two = test::trainer_of(game, b, identity{}, parameter_server{});
    one.run(30);
    two.run(30);
    CHECK(test::distance(test::joined(one.weights(0)), test::joined(two.weights(0))) < 1e-12);
#ifdef SADDLE_BITWISE  // they are different kernels
    CHECK(one.digest() == two.digest());
#endif
  };
  sgda const o{0.1};
  is_the_same_as(per_player{clip_by_norm{o, 1}, clip_by_norm{o, 1}}, clip_by_norm{o, 1});
  is_the_same_as(per_player{clip_by_norm{o, 1}, o}, per_player{clip_by_norm{o, 1}, clip_by_norm{o, 1e9}});
  is_the_same_as(per_player{o, clip_by_norm{o, 1}}, per_player{clip_by_norm{o, 1e9}, clip_by_norm{o, 1}});
  is_the_same_as(per_player{clip_by_value{o, 0.2}, o}, per_player{clip_by_value{o, 0.2}, clip_by_value{o, 1e9}});
  extragradient const e{0.1};
  is_the_same_as(per_player{clip_by_norm{e, 1}, e}, per_player{clip_by_norm{e, 1}, clip_by_norm{e, 1e9}});
  is_the_same_as(clip_by_norm{clip_by_value{o, 1e9}, 1}, clip_by_norm{o, 1});
  is_the_same_as(clip_by_value{clip_by_value{o, 0.2}, 1}, clip_by_value{o, 0.2});
}

TEST_CASE("clip: a loop of clipped sgda by hand, to the bit") {
  double const eta = 0.125, c = 5;
  // Integers, whose sums are exact. The players' norms are 3 and 13.
  auto const same = [&](auto topology) {
    auto t = given({1, 2, 2}, {3, 0, -4, 12}, clip_by_norm{sgda{eta}, c}, topology);
    vector w{1, 1, 1, -2, -2, -2, -2};
    for (int step = 1; step <= 20; ++step) {
      vector const g{1, 2, 2, c / 13 * 3, 0, c / 13 * -4, c / 13 * 12};
      for (std::size_t i = 0; i < 7; ++i) w[i] -= eta * g[i];
      t.step();
      for (int m = 0; m < 2; ++m) CHECK(test::joined(t.weights(m)) == w);
    }
  };
  same(parameter_server{});
  same(averaging_server{});
  auto t = given({1, 2, 2}, {3, 0, -4, 12}, clip_by_value{sgda{eta}, 2.5});
  vector w{1, 1, 1, -2, -2, -2, -2};
  for (int step = 1; step <= 20; ++step) {
    vector const g{1, 2, 2, 2.5, 0, -2.5, 2.5};
    for (std::size_t i = 0; i < 7; ++i) w[i] -= eta * g[i];
    t.step();
    CHECK(test::joined(t.weights(0)) == w);
  }
}

TEST_CASE("clip: 50 steps of clipped AdamW by hand") {
  test::heterogeneous_game const game;
  auto t = test::trainer_of(game, clip_by_norm{adamw{.step_size = 0.02, .decay = 0.1}, 0.4}, identity{},
                            averaging_server{});
  vector w(20);
  std::vector<reference::textbook_adam> moments(20, {0.9, 0.999, 1e-8});
  int above = 0;
  for (int step = 1; step <= 50; ++step) {
    vector const g = mean_field(game, w), cut = clipped(g, by::norm, 0.4);
    above += g == cut ? 0 : 1;
    for (std::size_t i = 0; i < 20; ++i) w[i] -= 0.02 * (moments[i].ratio(cut[i]) + 0.1 * w[i]);
    t.step();
    REQUIRE(test::distance(t, w) < 1e-11);
  }
  CHECK(above > 10);
}

TEST_CASE("clip: on the average it is the average that is clipped, and in a look-ahead the worker's own gradient") {
  test::heterogeneous_game const game;
  double const eta = 0.1;
  auto const follows = [&](auto o, by what, double c, bool keeps_ahead) {
    auto t = test::trainer_of(game, o, identity{}, averaging_server{}, 2);
    vector w(20);
    std::vector<vector> h(8, w);
    for (int step = 1; step <= 40; ++step) {
      vector average(20);
      auto const look_ahead = [&](std::size_t m, vector const& g) {
        vector const own = clipped(g, what, c);
        for (std::size_t i = 0; i < 20; ++i) h[m][i] = w[i] - eta * own[i];
      };
      std::vector<vector> g(8);
      for (std::size_t m = 0; m < 8; ++m) {
        int const worker = static_cast<int>(m);
        if (!keeps_ahead) look_ahead(m, field(game, worker, w));
        g[m] = field(game, worker, h[m]);
        for (std::size_t i = 0; i < 20; ++i) average[i] += g[m][i] / 8;
      }
      average = clipped(average, what, c);
      for (std::size_t i = 0; i < 20; ++i) w[i] -= eta * average[i];
      if (keeps_ahead)
        for (std::size_t m = 0; m < 8; ++m) look_ahead(m, g[m]);
      t.step();
      REQUIRE(test::distance(t, w) < 1e-12);
    }
  };
  follows(clip_by_norm{extragradient{eta}, 0.5}, by::norm, 0.5, false);
  follows(clip_by_value{extragradient{eta}, 0.3}, by::value, 0.3, false);
  follows(clip_by_norm{omd{eta}, 0.5}, by::norm, 0.5, true);
  follows(clip_by_value{omd{eta}, 0.3}, by::value, 0.3, true);
}

TEST_CASE("clip: whoever is there, the norm of an average is everyone's") {
  test::heterogeneous_game const noisy(0.3);
  auto t = test::trainer_of(noisy, clip_by_norm{sgda{0.1}, 0.5}, identity{}, sampled{averaging_server{}, 3});
  for (int step = 1; step <= 20; ++step) {
    t.step();
    for (int p = 0; p < 2; ++p) {
      double squares = 0;
      for (double x : t.array("moved", 0).of(p)) squares += x * x;
      for (int m = 0; m < 8; ++m)
        CHECK(t.array("scalars", m).min[static_cast<std::size_t>(2 + p)] == doctest::Approx(squares).epsilon(1e-13));
    }
  }
}

TEST_CASE("clip: an estimate is clipped, and what the estimator and a tracker carry on is not") {
  test::heterogeneous_game const game(0.3), exact;
  double const eta = 0.05, c = 0.7;
  SUBCASE("svrg, with the snapshot where it is") {
    auto t = test::trainer_of(game, variance_reduced{clip_by_norm{sgda{eta}, c}, 1}, identity{}, parameter_server{});
    vector w(20);
    for (int step = 1; step <= 30; ++step) {
      vector next = w;
      for (int m = 0; m < 8; ++m) {
        vector const g = clipped(field(game, m, w), by::norm, c);
        for (std::size_t i = 0; i < 20; ++i) next[i] -= eta * g[i] / 8;
      }
      w = next;
      t.step();
      REQUIRE(test::distance(t, w) < 1e-12);
    }
  }
  SUBCASE("storm") {
    double const beta = 0.3;
    auto t = test::trainer_of(game, hybrid_momentum{clip_by_norm{sgda{eta}, c}, beta}, identity{}, parameter_server{});
    vector w(20), earlier(20);
    std::vector<vector> est(8);
    for (int step = 1; step <= 30; ++step) {
      vector next = w;
      for (int m = 0; m < 8; ++m) {
        vector& e = est[static_cast<std::size_t>(m)];
        if (step == 1) {
          e = field(game, m, w);
        } else {
          vector const g = field(game, m, w, step, 0), other = field(game, m, earlier, step, 0);
          for (std::size_t i = 0; i < 20; ++i) e[i] = g[i] + (1 - beta) * (e[i] - other[i]);
        }
        vector const cut = clipped(e, by::norm, c);
        for (std::size_t i = 0; i < 20; ++i) next[i] -= eta * cut[i] / 8;
      }
      earlier = w;
      w = next;
      t.step();
      REQUIRE(test::distance(t, w) < 1e-12);
    }
  }
  SUBCASE("gradient tracking over a ring") {
    gossip const ring8{.graph = ring(8)};
    auto t = test::trainer_of(exact, clip_by_norm{sgda{eta}, c}, identity{}, tracked{ring8});
    std::vector<vector> w(8, vector(20)), s(8, vector(20)), old(8, vector(20));
    auto const mixed = [&](std::vector<vector> const& x) {
      std::vector<vector> y(8, vector(20));
      for (int m = 0; m < 8; ++m)
        for (edge const& e : sources_of(ring8, 1, 0, m, 8))
          for (std::size_t i = 0; i < 20; ++i)
            y[static_cast<std::size_t>(m)][i] += e.weight * x[static_cast<std::size_t>(e.worker)][i];
      return y;
    };
    for (int step = 1; step <= 30; ++step) {
      for (std::size_t m = 0; m < 8; ++m) {
        vector const g = field(exact, static_cast<int>(m), w[m]);
        for (std::size_t i = 0; i < 20; ++i) s[m][i] += g[i] - old[m][i];
        old[m] = g;
      }
      s = mixed(s);
      for (std::size_t m = 0; m < 8; ++m) {
        vector const cut = clipped(s[m], by::norm, c);
        for (std::size_t i = 0; i < 20; ++i) w[m][i] -= eta * cut[i];
      }
      w = mixed(w);
      t.step();
      for (std::size_t m = 0; m < 8; ++m)
        REQUIRE(test::distance(test::joined(t.weights(static_cast<int>(m))), w[m]) < 1e-12);
    }
  }
}

TEST_CASE("clip: a limit above changes no bit") {
  test::heterogeneous_game const noisy(0.3);
  auto const same = [&](auto o, auto c, auto topology) {
    auto plain = test::trainer_of(noisy, o, c, topology);
    auto value = test::trainer_of(noisy, clip_by_value{o, 1e6}, c, topology);
    auto norm = test::trainer_of(noisy, clip_by_norm{o, 1e6}, c, topology);
    CAPTURE(decltype(o)::name());
    for (auto* t : {&plain, &value, &norm}) t->run(25);
#ifdef SADDLE_BITWISE  // they are different kernels
    CHECK(value.digest() == plain.digest());
    CHECK(norm.digest() == plain.digest());
#endif
    CHECK(test::distance(test::joined(norm.weights(3)), test::joined(plain.weights(3))) < 1e-12);
  };
  gossip const ring8{.graph = ring(8)};
  same(adam{.step_size = 0.02}, error_feedback<top_k<128, 4>>{}, parameter_server{});
  same(averaged_omd{0.05}, error_feedback<top_k<128, 4>>{}, averaging_server{});
  same(omd{0.05}, identity{}, tracked{ring8});
  same(extra_adam{0.02}, identity{}, local_steps{ring8, 3});
}

TEST_CASE("clip: a norm of just the limit is not above it, and one of a bit more is") {
  vector const start{1, 1, -2, -2}, there{0, -1, -2, -2};
  vector const unclipped{1 - 3, 1 - 4, -2, -2};
  auto const after = [&](double c) {
    auto t = given({3, 4}, {0, 0}, clip_by_norm{sgda{1}, c});
    t.step();
    return test::joined(t.weights(0));
  };
  CHECK(after(5) == unclipped);
  CHECK(after(std::nextafter(5.0, 6)) == unclipped);
  CHECK(after(std::nextafter(5.0, 4)) != unclipped);
  CHECK(after(2.5) == vector{1 - 1.5, 1 - 2.0, -2, -2});
}

TEST_CASE("clip: a gradient of 0 leaves the weights where they are") {
  vector const start{1, 1, 1, -2};
  for (double c : {1e-300, 1.0}) {
    auto norm = given({0, 0, 0}, {0}, clip_by_norm{sgda{1}, c});
    auto value = given({0, 0, 0}, {0}, clip_by_value{sgda{1}, c});
    for (auto* t : {&norm, &value}) {
      t->run(3);
      CHECK(t->report().skipped_steps == 0);
      CHECK(test::joined(t->weights(1)) == start);
    }
  }
  auto alone = given({3, 4}, {}, clip_by_norm{sgda{1}, 2.5});  // one player
  alone.step();
  CHECK(test::joined(alone.weights(0)) == vector{1 - 1.5, 1 - 2.0});
}

TEST_CASE("clip: what is not finite is reported where it is, and moves nothing") {
  auto const reports = [](auto o, auto topology, vector max, std::int64_t coordinate) {
    auto t = given({1, 2, 2}, max, o, topology);
    CAPTURE(decltype(o)::name());
    t.run(3);
    report const r = t.report();
    CHECK(r.skipped_steps == 3);
    REQUIRE(r.non_finite.has_value());
    CHECK(r.non_finite->player == player::max);
    CHECK(r.non_finite->coordinate == coordinate);
    CHECK(test::joined(t.weights(0)) == vector{1, 1, 1, -2, -2, -2, -2});
  };
  for (double bad : {infinite, -infinite, none}) {
    CAPTURE(bad);
    vector const max{1, 1, bad, 1};
    reports(clip_by_value{sgda{0.1}, 1}, parameter_server{}, max, 2);
    reports(clip_by_norm{sgda{0.1}, 1}, parameter_server{}, max, 2);
    reports(clip_by_norm{sgda{0.1}, 1}, averaging_server{}, max, 2);
    reports(clip_by_norm{adam{.step_size = 0.1}, 1}, parameter_server{}, max, 2);
    reports(clip_by_norm{sign_descent{}, 1}, parameter_server{}, max, 2);
    reports(clip_by_value{sign_descent{}, 1}, gossip{.graph = ring(2)}, max, 2);
    reports(clip_by_norm{extragradient{0.1}, 1}, parameter_server{}, max, 2);
  }
  // A norm that overflows, of numbers that are finite.
  vector const large{1, 1, 1e200, 1};
  reports(clip_by_norm{sgda{0.1}, 1}, parameter_server{}, large, 0);
  reports(clip_by_norm{sign_descent{}, 1}, parameter_server{}, large, 0);
  auto t = given({1, 2, 2}, large, clip_by_norm{sgda{0.1}, 1}, averaging_server{});
  t.step();
  CHECK(t.report().skipped_steps == 1);
  CHECK(t.weights(0).max[2] == -2);
  auto cut = given({1, 2, 2}, large, clip_by_value{sgda{1}, 0.5});
  cut.step();
  CHECK(cut.report().skipped_steps == 0);
  CHECK(test::joined(cut.weights(0)) == vector{0.5, 0.5, 0.5, -2.5, -2.5, -2.5, -2.5});
}

TEST_CASE("clip: the bits do not depend on threads, nor on a checkpoint between") {
  test::heterogeneous_game const noisy(0.3);
  gossip const ring8{.graph = ring(8)};
  auto const repeats = [&](auto o, auto c, auto topology) {
    for (int threads : {2, 3}) {
      auto one = test::trainer_of(noisy, o, c, topology), several = test::trainer_of(noisy, o, c, topology, threads);
      one.run(20);
      several.run(20);
      CHECK(one.digest() == several.digest());
    }
    test::is_repeatable([&](int threads) { return test::trainer_of(noisy, o, c, topology, threads); });
  };
  repeats(clip_by_norm{adam{.step_size = 0.02}, 0.5}, error_feedback<top_k<128, 4>>{}, parameter_server{});
  repeats(clip_by_norm{averaged_omd{0.05}, 0.5}, error_feedback<top_k<128, 4>>{}, averaging_server{});
  repeats(clip_by_norm{omd{0.05}, 0.5}, identity{}, tracked{local_steps{ring8, 3}});
  repeats(variance_reduced{clip_by_norm{clip_by_value{extragradient{0.02}, 0.3}, 0.6}, 0.2}, identity{}, ring8);
  repeats(per_player{clip_by_norm{sgda{0.05}, 0.5}, clip_by_value{adam{.step_size = 0.02}, 0.1}, 2}, identity{},
          averaging_server{});
}

TEST_CASE("clip: a limit that is none is refused with a sentence") {
  CHECK(clip_by_norm{sgda{0.1}}.objection() == "");
  CHECK(clip_by_value{adamw{}, 0.5}.objection() == "");
  for (double bad : {0.0, -1.0, none, infinite}) {
    std::string const rule = " is finite and positive, and is " + number_text(bad);
    CHECK(clip_by_norm{sgda{0.1}, bad}.objection() == "clip_by_norm: max_norm" + rule);
    CHECK(clip_by_value{sgda{0.1}, bad}.objection() == "clip_by_value: max_value" + rule);
    CHECK_THROWS_WITH_AS(given({1}, {1}, clip_by_norm{sgda{0.1}, bad}), ("clip_by_norm: max_norm" + rule).c_str(),
                         std::invalid_argument);
  }
  CHECK(clip_by_norm{adamw{.decay = -1}}.objection() == "adamw: decay is finite and not negative, and is -1");
  CHECK(clip_by_norm<adamw>::name() == "clip-by-norm-adamw");
  CHECK(clip_by_value<sgda>::name() == "clip-by-value-sgda");
  CHECK(clip_by_norm{sgda{schedule::linear(1, 10)}, 2}.paced(2).step_size_at(3, 0) == schedule::linear(1, 10)(2));
}

}  // namespace clip_tests
