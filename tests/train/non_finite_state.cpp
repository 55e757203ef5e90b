// A finite gradient that makes the optimizer's state overflow, or weights that do: nothing is lost to it in silence.
#include "saddle/run/saved_arrays.hpp"

#include "game.hpp"

#include <limits>
#include <optional>
#include <string>

namespace non_finite_state_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr double eta = 0.01;
constexpr std::int64_t bad_step = 10;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double too_large = 1e200;  // finite, and its square is not

/// m <- m / 2 + eta g, with a state that overflows where eta g does.
struct heavy_ball {
  struct m : optimizer_state { static constexpr char const* text = "m"; };
  schedule step_size = eta;
  template <class T>
  struct along_momentum {
    using values = uses<in<name::g>, inout<m>, out<name::v>>;
    T step_size;
    SADDLE_HD void operator()(T g, T& m, T& v) const {
      m = m / 2 + step_size * (g * g) * (g < 0 ? -1 : 1);
      v = m / (1 + magnitude(m));  // finite whatever m is, but for infinity
    }
  };
  template <class Who>
  using steps = step_list<estimate<name::w, Who>, descend<Who>>;
  using estimator = one_gradient;
  template <class T>
  along_momentum<T> direction(std::int64_t step) const {
    return {static_cast<T>(step_size(step))};
  }
  static std::string name() { return "heavy-ball"; }
};

/// Worker 2's gradient of step 10 is `bad` at the maximizing player's coordinates 3 and 7 of 10.
test::linear_game game_with(double bad, int draw) {
  auto game = test::smg();
  game.also = [=](sample s, vector const&, vector& g) {
    if (s.step == bad_step && s.worker == 2 && s.draw == draw) g[13] = g[17] = bad;
  };
  return game;
}

/// The step is that of a gradient which is not finite itself, to the bit, and is reported like it. Then these two
/// coordinates go on.
template <class O, class C, class Topology>
void as_if_it_were_none(O o, C c, Topology topology, int draw = 0) {
  trainer with{game_with(too_large, draw), o, c, topology, loopback{4}, cpu{}};
  trainer none{game_with(nan, draw), o, c, topology, loopback{4}, cpu{}};
  vector before;
  for (int step = 1; step <= 60; ++step) {
    if (step == bad_step + 1) before = test::weights(with, 2);
    with.step();
    if (step <= bad_step) none.step();
    if (step <= bad_step) {
      REQUIRE(with.digest() == none.digest());
      for (int m = 0; m < 4; ++m) REQUIRE(test::memory(with, m) == test::memory(none, m));
    }
    for (int m = 0; m < 4; ++m) {
      REQUIRE(test::all_finite(test::weights(with, m)));
      REQUIRE(test::all_finite(test::look_ahead(with, m)));
      REQUIRE(test::all_finite(test::memory(with, m)));
    }
    report const r = with.report();
    CHECK(r.skipped_steps == (step < bad_step ? 0 : 1));
    if (step < bad_step) continue;
    REQUIRE(r.non_finite.has_value());
    CHECK(r.non_finite->step == bad_step);
    CHECK(r.non_finite->worker == 2);
    CHECK(r.non_finite->player == player::max);
    CHECK(r.non_finite->coordinate == 3);
  }
  vector const after = test::weights(with, 2);
  CHECK(after[13] != before[13]);  // they go on
  CHECK(after[17] != before[17]);
}

using coarse = error_feedback<qsgd<128, 8>>;

template <class O>
void on_a_server(O const& o, int draw = 0) {
  as_if_it_were_none(o, identity{}, parameter_server<>{}, draw);
  as_if_it_were_none(o, coarse{}, parameter_server<>{}, draw);
  as_if_it_were_none(o, coarse{}, parameter_server<coarse>{}, draw);
}
template <class O>
void between_rounds_and_in_one(O const& o, int draw = 0) {
  as_if_it_were_none(o, identity{}, local_steps{parameter_server<>{}, 4}, draw);  // step 10 lies between rounds
  as_if_it_were_none(o, coarse{}, local_steps{parameter_server<>{}, 5}, draw);    // step 10 is a round
}
template <class O>
void over_gossip(O const& o, int draw = 0) {
  as_if_it_were_none(o, identity{}, gossip{ring(4)}, draw);
  as_if_it_were_none(o, identity{}, gossip{.graph = ring(4), .order = gossip_order::combine_then_adapt}, draw);
  as_if_it_were_none(o, qsgd<128, 8>{}, gossip{.graph = ring(4), .consensus_step = 0.3}, draw);
  as_if_it_were_none(o, coarse{}, gossip{.graph = ring(4), .consensus_step = 0.3}, draw);
  as_if_it_were_none(o, identity{}, accelerated_gossip{.graph = ring(4), .rounds = 3, .spectral_gap = 0.5}, draw);
}

}  // namespace

TEST_CASE("a state that would not be finite is reported like a gradient that is not: on a server") {
  on_a_server(adam{.step_size = eta});
  on_a_server(optimistic_adam{.step_size = eta});
  for (int draw : {0, 1}) on_a_server(extra_adam{.step_size = eta}, draw);
  on_a_server(heavy_ball{});
}
TEST_CASE("a state that would not be finite is reported like a gradient that is not: differences, selected pairs") {
  as_if_it_were_none(adam{.step_size = eta}, ef21<qsgd<128, 8>>{}, parameter_server<>{});
  as_if_it_were_none(adam{.step_size = eta}, error_feedback{global_top_k<128>{0.4}}, parameter_server<>{});
}
TEST_CASE("a state that would not be finite is reported like a gradient that is not: without a message") {
  between_rounds_and_in_one(adam{.step_size = eta});
  for (int draw : {0, 1}) between_rounds_and_in_one(extra_adam{.step_size = eta}, draw);
  between_rounds_and_in_one(heavy_ball{});
}
TEST_CASE("a state that would not be finite is reported like a gradient that is not: over a graph") {
  over_gossip(adam{.step_size = eta});
  over_gossip(optimistic_adam{.step_size = eta});
}
TEST_CASE("a state that would not be finite is reported like a gradient that is not: one player's") {
  as_if_it_were_none(per_player<sgda, adam>{.min = {eta}, .max = {.step_size = eta}}, identity{}, parameter_server<>{});
  as_if_it_were_none(alternating{adam{.step_size = eta}}, identity{}, parameter_server<>{});
}

TEST_CASE("on the average it is the server that reports: the bucket stays, and the rest goes on") {
  using on_average = parameter_server<exact_downlink, adapts::on_average>;
  auto const check = [](auto o, auto c) {
    auto game = game_with(too_large, 0);
    trainer t{game, o, c, on_average{}, loopback{4}, cpu{}};
    t.run(bad_step - 1);
    vector const before = test::weights(t);
    t.step();
    vector const then = test::weights(t);
    for (std::size_t i = 0; i < 20; ++i) CHECK((then[i] == before[i]) == (i >= 10));
    report const r = t.report();
    CHECK(r.skipped_steps == 1);
    REQUIRE(r.non_finite.has_value());
    CHECK(r.non_finite->worker == 4);
    CHECK(r.non_finite->player == player::max);
    CHECK(r.non_finite->coordinate == 3);
    t.run(50);
    for (std::size_t i = 0; i < 20; ++i) CHECK(test::weights(t)[i] != then[i]);
    CHECK(test::all_finite(test::weights(t)));
  };
  check(adam{.step_size = eta}, identity{});
  check(optimistic_adam{.step_size = eta}, identity{});
  check(heavy_ball{}, identity{});
}

TEST_CASE("in floats the square overflows from 1.9e19 on") {
  struct in_floats {
    using scalar = float;
    float bad;
    players sizes() const { return {2, 2}; }
    void initial(std::uint64_t, point<float> w) const { w.min[0] = w.min[1] = w.max[0] = w.max[1] = 1; }
    void gradient(point<float const> at, sample s, point<float> out) const {
      for (std::size_t i = 0; i < 2; ++i) {
        out.min[i] = at.max[i];
        out.max[i] = -at.min[i];
      }
      if (s.step == 5) out.min[1] = bad;
    }
  };
  for (float bad : {1.8e19f, 1e20f, -3e38f}) {
    CAPTURE(bad);
    bool const overflows = bad != 1.8e19f;
    trainer t{in_floats{bad}, adam{}, identity{}, parameter_server<>{}, loopback{1}, cpu{}};
    t.run(4);
    float const before = t.weights(0).min[1];
    t.step();
    CHECK((t.weights(0).min[1] == before) == overflows);
    CHECK(t.report().skipped_steps == (overflows ? 1 : 0));
    if (overflows) CHECK(t.report().non_finite->coordinate == 1);
    float const then = t.weights(0).min[1];
    t.run(50);
    if (overflows) CHECK(std::abs(t.weights(0).min[1] - then) > 1e-2f);
  }
}

TEST_CASE("a run that diverges ends with weights that are numbers, and says so") {
  auto const check = [](auto o, auto c, auto topology) {
    auto const game = test::bil(4);
    trainer t{game, o, c, topology, loopback{4}, cpu{}};
    for (int step = 0; step < 700; ++step) {
      t.step();
      for (int m = 0; m < 4; ++m) {
        REQUIRE(test::all_finite(test::weights(t, m)));
        REQUIRE(test::all_finite(test::look_ahead(t, m)));
        REQUIRE(test::all_finite(test::memory(t, m)));
      }
    }
    CHECK(test::norm(test::weights(t)) > 1e150);
    CHECK(t.report().skipped_steps > 0);
  };
  parameter_server<> const server;
  SUBCASE("a server") {
    check(sgda{10}, identity{}, server);
    check(omd{10}, identity{}, server);
    check(averaged_omd{10}, identity{}, server);
    check(extragradient{10}, identity{}, server);
    check(sgda{10}, coarse{}, server);
    check(omd{10}, coarse{}, parameter_server<coarse>{});
    check(sgda{10}, ef21<qsgd<128, 8>>{}, server);
  }
  SUBCASE("the average") {
    using on_average = parameter_server<exact_downlink, adapts::on_average>;
    check(sgda{10}, identity{}, on_average{});
    check(omd{10}, coarse{}, on_average{});
  }
  SUBCASE("local steps") {
    check(sgda{10}, identity{}, local_steps{server, 3});
    check(omd{10}, coarse{}, local_steps{server, 3});
    check(sgda{10}, identity{}, local_steps{gossip{ring(4)}, 3});
  }
  SUBCASE("gossip") {
    gossip const early{ring(4)}, late{.graph = ring(4), .order = gossip_order::combine_then_adapt};
    gossip const lossy{.graph = ring(4), .consensus_step = 0.3};
    gossip const lossy_late{.graph = ring(4), .order = gossip_order::combine_then_adapt, .consensus_step = 0.3};
    check(sgda{10}, identity{}, early);
    check(omd{10}, identity{}, late);
    check(sgda{10}, qsgd<128, 8>{}, lossy);
    check(omd{10}, qsgd<128, 8>{}, lossy_late);
    check(sgda{10}, coarse{}, lossy);
    check(omd{10}, coarse{}, lossy_late);
    check(omd{10}, identity{}, accelerated_gossip{.graph = ring(4), .rounds = 3, .spectral_gap = 0.5});
  }
}

}  // namespace non_finite_state_tests
