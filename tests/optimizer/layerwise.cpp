#include "saddle/optimizer/layerwise.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "../heterogeneous.hpp"
#include "saddle/optimizer/adam.hpp"
#include "saddle/optimizer/per_player.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace layerwise_tests {

using namespace saddle;
using test::vector;

namespace {

using averaging_server = parameter_server<exact_downlink, adapts::on_average>;
settings const by_tensor{.grouping = grouping::per_tensor};

/// The minimizing player has a matrix and a vector, the maximizing one two vectors. One of them is zero at first, and a
/// gradient of worker 3 is not finite once.
struct layers {
  using scalar = double;
  test::heterogeneous_game game{};
  bool fails = false;
  static players sizes() { return {10, 10}; }
  static std::vector<tensor> tensors(player p) {
    return p == player::min ? std::vector<tensor>{{3, 2}, {1, 4}} : std::vector<tensor>{{1, 7}, {1, 3}};
  }
  static void initial(std::uint64_t, point<double> w) {
    for (std::size_t i = 0; i < 10; ++i) {
      w.min[i] = 0.1 * static_cast<double>(i + 1);
      w.max[i] = i < 7 ? 0 : -0.3;
    }
  }
  void gradient(point<double const> at, sample s, point<double> out) const {
    game.gradient(at, s, out);
    if (fails && s.worker == 3 && s.step == 3) out.min[2] = std::nan("");
  }
  vector field(vector const& w, int m, int step) const {
    vector g(20);
    std::span<double> const out(g);
    std::span<double const> const in(w);
    gradient({in.first(10), in.last(10)}, {1, m, step, 0}, {out.first(10), out.last(10)});
    return g;
  }
};
std::vector<std::size_t> const ends_of_tensors{6, 10, 17, 20}, ends_of_players{10, 20};

/// w -= eta |w_l| / |v_l| v_l in each tensor that has a direction.
void descend(vector& w, vector const& v, double eta, std::vector<std::size_t> const& ends) {
  std::size_t begin = 0;
  for (std::size_t const end : ends) {
    double of_w = 0, of_v = 0;
    for (std::size_t i = begin; i < end; ++i) {
      of_w += w[i] * w[i];
      of_v += v[i] * v[i];
    }
    for (std::size_t i = begin; i < end && std::isfinite(of_v); ++i)
      w[i] -= eta * v[i] * (of_w > 0 && of_v > 0 ? std::sqrt(of_w / of_v) : 1);
    begin = end;
  }
}
vector start() {
  vector w(20);
  std::span<double> const all(w);
  layers::initial(1, {all.first(10), all.last(10)});
  return w;
}

}  // namespace

TEST_CASE("layerwise: LARS, of each worker's own gradient; a tensor without one stays") {
  for (auto const& [how, ends] : {std::pair{by_tensor, ends_of_tensors}, {settings{}, ends_of_players}}) {
    layers const problem{.fails = true};
    trainer<double> t{problem, layerwise{sgda{0.1}, 0.5}, identity{}, local_steps{parameter_server<>{}, 2},
                      loopback{8}, cpu{}, how};
    std::vector<vector> w(8, start());
    for (int step = 1; step <= 30; ++step) {
      for (int m = 0; m < 8; ++m) {
        vector& x = w[static_cast<std::size_t>(m)];
        vector v = problem.field(x, m, step);
        if (step == 1)  // without weights the direction as it is
          for (std::size_t i = 10; i < ends[ends.size() - 2]; ++i) v[i] *= 0.1 / 0.05;
        descend(x, v, 0.05, ends);
      }
      if (step % 2 == 0) {
        vector mean(20);
        for (vector const& x : w)
          for (std::size_t i = 0; i < 20; ++i) mean[i] += x[i] / 8;
        w.assign(8, mean);
      }
      t.step();
      for (int m = 0; m < 8; ++m)
        REQUIRE(test::distance(test::joined(t.weights(m)), w[static_cast<std::size_t>(m)]) < 1e-12);
    }
    CHECK(t.report().skipped_steps == 1);
  }
}

TEST_CASE("layerwise: LAMB, of the average's direction") {
  layers const problem;
  trainer<double> t{problem, layerwise{adam{.step_size = 0.1}}, identity{}, averaging_server{}, loopback{8}, cpu{},
                    by_tensor};
  vector w = start(), m1(20), m2(20);
  for (int step = 1; step <= 30; ++step) {
    vector g(20), v(20);
    for (int m = 0; m < 8; ++m) {
      vector const one = problem.field(w, m, step);
      for (std::size_t i = 0; i < 20; ++i) g[i] += one[i] / 8;
    }
    for (std::size_t i = 0; i < 20; ++i) {
      m1[i] = 0.9 * m1[i] + 0.1 * g[i];
      m2[i] = 0.999 * m2[i] + 0.001 * g[i] * g[i];
      v[i] = m1[i] / (1 - std::pow(0.9, step)) / (std::sqrt(m2[i] / (1 - std::pow(0.999, step))) + 1e-8);
    }
    descend(w, v, 0.1, ends_of_tensors);
    t.step();
    REQUIRE(test::distance(t, w) < 1e-12);
  }
}

TEST_CASE("layerwise: one a player is one for both, to the bit, on any number of threads and across a checkpoint") {
  layers const noisy{.game = test::heterogeneous_game(0.3)};
  local_steps const topology{parameter_server<>{}, 2};
  layerwise const both{sgda{0.1}, 0.5};
  trainer<double> whole{noisy, both, identity{}, topology, loopback{8}, cpu{}, by_tensor};
  trainer<double> apart{noisy, per_player{both, both}, identity{}, topology, loopback{8}, cpu{}, by_tensor};
  whole.run(50);
  apart.run(50);
  CHECK(whole.digest() == apart.digest());
  test::is_repeatable([&](int threads) {
    return trainer<double>{noisy, both, identity{}, topology, loopback{8}, cpu{threads}, by_tensor};
  });
  CHECK(layerwise{sgda{}, 0.0}.objection() == "layerwise: trust is finite and positive, and is 0");
}

}  // namespace layerwise_tests
