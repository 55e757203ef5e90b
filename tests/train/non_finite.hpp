#pragma once
// A gradient that is not finite: no weight is lost to it, everyone hears of it, and training goes on.
#include "game.hpp"

#include <limits>
#include <memory>

namespace test {

using namespace saddle;

inline constexpr double eta = 0.05;
inline constexpr std::int64_t bad_step = 10;
inline constexpr int bad_worker = 2;

/// What the step with the bad coordinate does to the weights.
enum class effect {
  none,    // all keep them
  owed,    // all keep them, and the finite directions wait in the memories
  partial,  // the finite directions are taken, nothing else
  alone     // the same, and what the memories owe is on its way
};

/// Worker 2's gradient of step 10 is `bad` at the maximizing player's coordinates 3 and 7 of 10. Only `draw` is hit.
/// `server_owes` bounds what a server with a memory of its own still holds back. What is owed moves the weights by
/// `unit` times itself.
template <class O, class C, class Topology>
void survives(O o, C c, Topology topology, effect expected, int draw = 0, double server_owes = 0, double unit = 1) {
  for (double bad : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                     std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(bad);
    auto game = smg();
    vector const solved = solution(game);
    trainer healthy{game, o, c, topology, loopback{4}, cpu{}};
    auto const taken = std::make_shared<vector>(20);  // the mean of what moves subtract
    int last_draw = 0;
    if constexpr (requires { o.second; }) last_draw = o.second == sampling::independent ? 1 : 0;
    game.also = [=](sample s, vector const&, vector& g) {
      bool const hit = s.step == bad_step && s.worker == bad_worker && s.draw == draw;
      if (s.draw == last_draw)
        for (std::size_t i = 0; i < (hit ? 10 : 20); ++i) (*taken)[i] += eta / 4 * g[i];
      if (hit) g[13] = g[17] = bad;
    };
    trainer t{game, o, c, topology, loopback{4}, cpu{}};
    bool const owes = t.memory(0).min.size() > 0 && (expected == effect::owed || expected == effect::alone);
    auto const reached = [&] {
      vector w = mean_weights(t);
      if (owes)
        for (std::size_t i = 0; i < 20; ++i) w[i] -= unit * mean(t, memory)[i];
      return w;
    };
    t.run(bad_step - 1);
    REQUIRE(t.report().skipped_steps == 0);
    REQUIRE_FALSE(t.report().non_finite.has_value());
    std::vector<vector> before;
    for (int m = 0; m < 4; ++m) before.push_back(weights(t, m));
    vector const where = reached();
    *taken = vector(20);

    t.step();
    report const r = t.report();
    CHECK(r.skipped_steps == 1);
    REQUIRE(r.non_finite.has_value());
    CHECK(r.non_finite->step == bad_step);
    CHECK(r.non_finite->worker == bad_worker);
    CHECK(r.non_finite->player == player::max);
    CHECK(r.non_finite->coordinate == 3);
    for (int m = 0; m < 4; ++m) {
      if (expected == effect::partial || expected == effect::alone) CHECK(all_finite(weights(t, m)));
      else CHECK(weights(t, m) == before[static_cast<std::size_t>(m)]);
      CHECK(all_finite(look_ahead(t, m)));
      CHECK(all_finite(memory(t, m)));
    }
    if (expected == effect::none) *taken = vector(20);
    CHECK(distance(reached(), difference(where, *taken)) < 1e-13);
    t.run(50);  // still nothing is lost
    CHECK(distance(reached(), difference(where, *taken)) < server_owes + 1e-12);
    CHECK(norm(*taken) > 1e-3);

    t.run(4000);
    healthy.run(4060);
    CHECK(t.report().skipped_steps == 1);
    CHECK(t.report().step == healthy.report().step);
    for (int m = 0; m < 4; ++m) CHECK(all_finite(weights(t, m)));
    double const error = distance(mean_weights(t), solved);
    double const usual = distance(mean_weights(healthy), solved);
    CHECK(error < 1.5 * usual + 1e-6);
    CHECK(error > usual / 1.5 - 1e-6);
  }
}

}  // namespace test
