// Local steps around gossip, against plain loops.
#include "game.hpp"

namespace local_steps_gossip_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr double eta = 0.05;

}  // namespace

TEST_CASE("around gossip a round mixes the workers' weights, and the sequence of matrices waits for it") {
  auto const game = test::smg();
  for (mixing_graph const& graph : {ring(4), one_peer_exponential(4)})
    for (auto const order : {gossip_order::adapt_then_combine, gossip_order::combine_then_adapt}) {
      CAPTURE(graph.name);
      int const rounds = 3, every = 4;
      gossip const talk{.graph = graph, .rounds = rounds, .order = order};
      trainer t{game, omd{eta}, identity{}, local_steps{talk, every}, loopback{4}, cpu{}};
      std::vector<vector> w(4, game.start), h = w, v(4);
      int mixed = 0;
      for (int n = 1; n <= 60; ++n) {
        for (std::size_t m = 0; m < 4; ++m) {
          v[m] = game.field(static_cast<int>(m), h[m]);
          for (double& x : v[m]) x *= eta;
        }
        auto const adapt = [&] {
          for (std::size_t m = 0; m < 4; ++m) w[m] = test::difference(w[m], v[m]);
        };
        if (order == gossip_order::adapt_then_combine) adapt();
        for (int r = 0; r < rounds && n % every == 0; ++r) {
          auto const before = w;
          for (int m = 0; m < 4; ++m) {
            vector& sum = w[static_cast<std::size_t>(m)] = vector(20);
            for (edge const& e : graph.row(mixed, m))
              for (std::size_t i = 0; i < 20; ++i) sum[i] += e.weight * before[static_cast<std::size_t>(e.worker)][i];
          }
          ++mixed;
        }
        if (order == gossip_order::combine_then_adapt) adapt();
        t.step();
        for (std::size_t m = 0; m < 4; ++m) {
          h[m] = test::difference(w[m], v[m]);
          REQUIRE(test::distance(test::weights(t, static_cast<int>(m)), w[m]) < 1e-12);
          REQUIRE(test::distance(test::look_ahead(t, static_cast<int>(m)), h[m]) < 1e-12);
        }
      }
    }
}

TEST_CASE("around lossy gossip a round is CHOCO's or DeepSqueeze's of the workers' weights") {
  auto const game = test::smg();
  double const gamma = 0.3;
  gossip const talk{.graph = ring(4), .consensus_step = gamma};
  auto const check = [&](auto c, auto round) {
    trainer t{game, sgda{eta}, c, local_steps{talk, 3}, loopback{4}, cpu{}};
    std::vector<vector> w(4, game.start), kept(4, vector(20)), q(4);
    for (int n = 1; n <= 60; ++n) {
      for (std::size_t m = 0; m < 4; ++m) {
        vector const g = game.field(static_cast<int>(m), w[m]);
        for (std::size_t i = 0; i < 20; ++i) w[m][i] -= eta * g[i];
      }
      if (n % 3 == 0) round(w, kept, q);
      t.step();
      for (std::size_t m = 0; m < 4; ++m) REQUIRE(test::distance(test::weights(t, static_cast<int>(m)), w[m]) < 1e-12);
    }
    CHECK(test::norm(kept[0]) > 1e-3);
  };
  auto const compressed = [](vector v) {
    test::keep_largest(v, 0, 10, 3);
    test::keep_largest(v, 10, 20, 3);
    return v;
  };
  auto const mix = [&](std::vector<vector>& w, std::vector<vector> const& x) {
    for (std::size_t m = 0; m < 4; ++m)
      for (std::size_t j = 0; j < 4; ++j)
        for (std::size_t i = 0; i < 20; ++i) w[m][i] += gamma * test::ring_weight(m, j) * (x[j][i] - x[m][i]);
  };
  SUBCASE("CHOCO") {
    check(top_k<128, 3>{}, [&](auto& w, auto& copy, auto& q) {
      for (std::size_t m = 0; m < 4; ++m) {
        q[m] = compressed(test::difference(w[m], copy[m]));
        for (std::size_t i = 0; i < 20; ++i) copy[m][i] += q[m][i];
      }
      mix(w, copy);
    });
  }
  SUBCASE("DeepSqueeze") {
    check(error_feedback<top_k<128, 3>>{}, [&](auto& w, auto& e, auto& q) {
      for (std::size_t m = 0; m < 4; ++m) {
        vector p = w[m];
        for (std::size_t i = 0; i < 20; ++i) p[i] += e[m][i];
        q[m] = compressed(p);
        e[m] = test::difference(p, q[m]);
      }
      mix(w, q);
    });
  }
}

TEST_CASE("every = 1 is gossip itself, to the bit") {
  auto const game = test::smg(3);
  auto const same = [&](auto o, auto c, gossip const& talk) {
    trainer plain{game, o, c, talk, loopback{3}, cpu{}};
    trainer local{game, o, c, local_steps{talk, 1}, loopback{3}, cpu{}};
    plain.run(100);
    local.run(100);
    CHECK(plain.digest() == local.digest());
    CHECK(plain.report().uplink == local.report().uplink);
  };
  SUBCASE("exact") { same(omd{eta}, identity{}, {.graph = one_peer_exponential(3), .rounds = 2}); }
  SUBCASE("CHOCO") { same(omd{eta}, top_k<128, 2>{}, {.graph = ring(3), .consensus_step = 0.3}); }
}

}  // namespace local_steps_gossip_tests
