// CHOCO against plain loops that know only the messages.
#include "saddle/exchange/mixing.hpp"

#include "game.hpp"
#include "processes.hpp"

#include <cmath>

namespace choco_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr double gamma_step = 0.3, eta = 0.05;

/// Steps a trainer and the published iteration side by side. What a worker sent is decoded from its message, as every
/// neighbour does: the weights can only agree to the bit if sender and receivers hold the same public copies.
template <class C, class O>
void follows_choco(O o, gossip_order order, bool ahead) {
  auto const game = test::smg();
  gossip const talk{.graph = ring(4), .order = order, .consensus_step = gamma_step};
  test::fleet_of_processes<trainer<double>> t(
      4, 4, [&](test::process const& p) { return trainer{game, o, C{}, talk, p, cpu{}}; });
  std::vector<vector> w(4, game.start), h = w, copy(4, vector(20)), g(4);
  bool const late = order == gossip_order::combine_then_adapt;
  for (int step = 0; step < 200; ++step) {
    t.step();
    for (std::size_t m = 0; m < 4; ++m) {
      g[m] = game.field(static_cast<int>(m), ahead ? h[m] : w[m]);
      if (!late)
        for (std::size_t i = 0; i < 20; ++i) w[m][i] -= eta * g[m][i];
      vector const q = test::decoded<C>(t.wires().latest.at(static_cast<int>(m)), game.sizes());
      REQUIRE(test::distance(q, test::difference(w[m], copy[m])) <=
              std::sqrt(1 - C::delta) * test::distance(w[m], copy[m]) + 1e-12);
      for (std::size_t i = 0; i < 20; ++i) copy[m][i] += q[i];
    }
    for (std::size_t m = 0; m < 4; ++m)
      for (std::size_t i = 0; i < 20; ++i) {
        double heard = 0;
        for (std::size_t j = 0; j < 4; ++j)
          if (test::ring_weight(m, j) != 0) heard += test::ring_weight(m, j) * copy[j][i];
        w[m][i] += gamma_step * (heard - copy[m][i]);
        if (late) w[m][i] -= eta * g[m][i];
        h[m][i] = w[m][i] - eta * g[m][i];
      }
    for (std::size_t m = 0; m < 4; ++m) {
      REQUIRE(test::weights(t.host_of(static_cast<int>(m)), static_cast<int>(m)) == w[m]);
      if (ahead) REQUIRE(test::look_ahead(t.host_of(static_cast<int>(m)), static_cast<int>(m)) == h[m]);
    }
  }
}

}  // namespace

TEST_CASE("CHOCO is its published iteration on the decoded messages, to the bit") {
  auto const early = gossip_order::adapt_then_combine, late = gossip_order::combine_then_adapt;
  SUBCASE("scaled_sign") {
    follows_choco<scaled_sign<128>>(omd{eta}, early, true);
    follows_choco<scaled_sign<128>>(omd{eta}, late, true);
  }
  SUBCASE("qsgd, nearest") { follows_choco<qsgd<128, 4, rounding::nearest>>(sgda{eta}, early, false); }
  SUBCASE("top_k") { follows_choco<top_k<128, 2>>(sgda{eta}, early, false); }
}

TEST_CASE("CHOCO without a consensus step is independent runs") {
  auto const game = test::smg();
  trainer t{game, omd{eta}, scaled_sign<128>{}, gossip{.graph = ring(4), .consensus_step = 0}, loopback{4}, cpu{}};
  std::vector<vector> w(4, game.start), h = w;
  for (int step = 0; step < 200; ++step) {
    t.step();
    for (int m = 0; m < 4; ++m) {
      auto const j = static_cast<std::size_t>(m);
      vector const g = game.field(m, h[j]);
      for (std::size_t i = 0; i < 20; ++i) {
        w[j][i] -= eta * g[i];
        h[j][i] = w[j][i] - eta * g[i];
      }
      REQUIRE(test::weights(t, m) == w[j]);
    }
  }
}

TEST_CASE("CHOCO brings workers together with a consensus step of 0.1 and drives them apart with 0.5") {
  top_k<128, 10> const sparse{};  // a tenth of the coordinates
  CHECK(test::left_after(sparse, 0.1, 2000) < 1e-12);
  double const slow = test::left_after(sparse, 0.02, 2000);
  CHECK(slow < 1e-2);
  CHECK(slow > 1e-6);
  CHECK(test::left_after(sparse, 0.5, 2000) > 1e3);
  CHECK(test::left_after(scaled_sign<128>{}, 0.1, 2000) < 1e-8);
  CHECK(test::left_after(qsgd<128, 4>{}, 0.1, 2000) < 1e-12);
}

}  // namespace choco_tests
