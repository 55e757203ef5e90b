// DeepSqueeze against plain loops that know only the messages.
#include "saddle/kernel/receive.hpp"

#include "game.hpp"
#include "processes.hpp"

#include <cmath>

namespace deep_squeeze_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr double gamma_step = 0.3, eta = 0.05;

/// Its memory is no debt of the weights, so that a look-ahead starts from w.
template <class C, class O>
void follows_deep_squeeze(O o, bool ahead, mixing_graph const& graph) {
  CAPTURE(graph.name);
  auto const game = test::smg();
  gossip const talk{.graph = graph, .consensus_step = gamma_step};
  test::fleet_of_processes<trainer<double>> t(
      4, 4, [&](test::process const& p) { return trainer{game, o, error_feedback<C>{}, talk, p, cpu{}}; });
  std::vector<vector> w(4, game.start), h = w, e(4, vector(20)), q(4), g(4);
  for (int step = 0; step < 200; ++step) {
    t.step();
    for (std::size_t m = 0; m < 4; ++m) {
      g[m] = game.field(static_cast<int>(m), ahead ? h[m] : w[m]);
      q[m] = test::decoded<C>(t.wires().latest.at(static_cast<int>(m)), game.sizes());
      for (std::size_t i = 0; i < 20; ++i) {
        w[m][i] -= eta * g[m][i];
        e[m][i] = (w[m][i] + e[m][i]) - q[m][i];
      }
      REQUIRE(test::memory(t.host_of(static_cast<int>(m)), static_cast<int>(m)) == e[m]);
    }
    for (std::size_t m = 0; m < 4; ++m) {
      for (std::size_t i = 0; i < 20; ++i) {
        double change = 0;
        for (edge const& heard : graph.row(step, static_cast<int>(m))) {
          auto const j = static_cast<std::size_t>(heard.worker);
          change += gamma_step * (heard.weight - (j == m ? 1 : 0)) * q[j][i];
        }
        w[m][i] += change;
        h[m][i] = w[m][i] - eta * g[m][i];
      }
      REQUIRE(test::weights(t.host_of(static_cast<int>(m)), static_cast<int>(m)) == w[m]);
      if (ahead) REQUIRE(test::look_ahead(t.host_of(static_cast<int>(m)), static_cast<int>(m)) == h[m]);
    }
  }
}

}  // namespace

TEST_CASE("DeepSqueeze is its published iteration on the decoded messages, to the bit") {
  SUBCASE("sgda") { follows_deep_squeeze<scaled_sign<128>>(sgda{eta}, false, ring(4)); }
  SUBCASE("omd") { follows_deep_squeeze<scaled_sign<128>>(omd{eta}, true, ring(4)); }
  SUBCASE("neighbours that change, and workers with more of them than others") {
    follows_deep_squeeze<scaled_sign<128>>(omd{eta}, true, one_peer_exponential(4));
    follows_deep_squeeze<scaled_sign<128>>(sgda{eta}, false, star(4));
  }
}

TEST_CASE("compressed gossip on workers that disagree ends where its bias puts it, near the exact one's place") {
  auto const game = test::smg();
  vector const solved = test::solution(game);
  auto const end = [&](auto c, gossip g) {
    trainer t{game, omd{0.005}, c, g, loopback{4}, cpu{}};
    t.run(20000);
    return test::distance(test::mean_weights(t), solved);
  };
  gossip const careful{.graph = ring(4), .consensus_step = gamma_step};
  double const exact = end(identity{}, {ring(4)});
  double const copies = end(scaled_sign<128>{}, careful), squeezed = end(error_feedback<scaled_sign<128>>{}, careful);
  CHECK(exact < 0.03);
  CHECK(exact > 1e-3);
  CHECK(copies < 0.1);
  CHECK(squeezed < 0.1);
  CHECK(copies != squeezed);
  CHECK(test::norm(solved) > 1);
}

TEST_CASE("DeepSqueeze brings workers together up to a floor that the consensus step sets") {
  // It sends parameters, not differences that vanish: what compression loses never dies out.
  error_feedback<top_k<128, 10>> const sparse{};
  double const fine = test::left_after(sparse, 0.02, 2000), coarse = test::left_after(sparse, 0.3, 2000);
  CHECK(fine < 0.05);
  CHECK(coarse < 1);
  CHECK(coarse > 5 * fine);
}

}  // namespace deep_squeeze_tests
