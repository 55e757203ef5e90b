// Places that are not sent: who decodes draws them from the stream of who encoded, wherever messages are read.
#include "saddle/run/delivery.hpp"

#include "game.hpp"
#include "non_finite.hpp"

namespace random_k_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr std::uint64_t seed = 11;
constexpr double eta = 0.05;

/// What sender's message of 10 + 10 coordinates says, if its stream is that of the definition.
template <class C>
vector said(vector p, std::uint64_t exchange, std::uint32_t sender) {
  for (std::size_t player = 0; player < 2; ++player) {
    double tile[C::bucket], sent[C::bucket], value[C::bucket];
    std::copy_n(p.begin() + static_cast<std::ptrdiff_t>(10 * player), 10, tile);
    C{}.encode(serial_group{}, tile, sent, 10, {seed, purpose::dither, exchange, sender, player}, {value});
    std::copy_n(sent, 10, p.begin() + static_cast<std::ptrdiff_t>(10 * player));
  }
  return p;
}

using sparse = random_k<128, 3, scaling::plain>;
using rescaled = random_k<128, 3>;

}  // namespace

TEST_CASE("workers and a server that send at random places are a plain loop over vectors, to the bit") {
  auto const game = test::smg(3);
  auto const follow = [&]<class Up, class Down>(Up, Down, trainer<double> t) {
    constexpr bool owes = has_memory<Up>, both_ways = !is_exact<wire_compressor<Down>>;
    vector w = game.start, server(20);
    std::vector<vector> h(3, w), e(3, vector(20)), g(3);
    for (std::uint64_t exchange = 0; exchange < 200; ++exchange) {
      vector sum(20);
      for (std::size_t m = 0; m < 3; ++m) {
        g[m] = game.field(static_cast<int>(m), h[m]);
        vector p(20);
        for (std::size_t i = 0; i < 20; ++i) p[i] = owes ? eta * g[m][i] + e[m][i] : eta * g[m][i];
        vector const sent = said<wire_compressor<Up>>(p, exchange, static_cast<std::uint32_t>(m));
        if (owes) e[m] = test::difference(p, sent);
        for (std::size_t i = 0; i < 20; ++i) sum[i] += 1.0 / 3 * sent[i];
      }
      if constexpr (both_ways) {
        if (has_memory<Down>)
          for (std::size_t i = 0; i < 20; ++i) sum[i] += server[i];
        vector const sent = said<wire_compressor<Down>>(sum, exchange, 3);  // one more than the last worker
        if (has_memory<Down>) server = test::difference(sum, sent);
        sum = sent;
      }
      for (std::size_t i = 0; i < 20; ++i) w[i] -= sum[i];
      for (std::size_t m = 0; m < 3; ++m)
        for (std::size_t i = 0; i < 20; ++i) h[m][i] = (w[i] - e[m][i]) - eta * g[m][i];
      t.step();
      for (int m = 0; m < 3; ++m) {
        REQUIRE(test::weights(t, m) == w);
        REQUIRE(test::look_ahead(t, m) == h[static_cast<std::size_t>(m)]);
        if (owes) REQUIRE(test::memory(t, m) == e[static_cast<std::size_t>(m)]);
      }
    }
    CHECK_FALSE(test::all_zero(w));
  };
  auto const run = [&](auto up, auto down) {
    follow(up, down, {game, omd{eta}, up, parameter_server{down}, loopback{3}, cpu{}, settings{.seed = seed}});
  };
  SUBCASE("bare") { run(rescaled{}, rescaled{}); }
  SUBCASE("with error memory") { run(error_feedback<sparse>{}, error_feedback<sparse>{}); }
  SUBCASE("up alone") {
    error_feedback<sparse> const up;
    follow(up, identity{}, {game, omd{eta}, up, parameter_server<>{}, loopback{3}, cpu{}, settings{.seed = seed}});
  }
}

TEST_CASE("DeepSqueeze at random places is its published iteration, to the bit") {
  auto const game = test::smg();
  double const gamma = 0.3;
  gossip const talk{.graph = ring(4), .rounds = 2, .consensus_step = gamma};
  trainer t{game, sgda{eta}, error_feedback<sparse>{}, talk, loopback{4}, cpu{}, settings{.seed = seed}};
  std::vector<vector> w(4, game.start), e(4, vector(20)), q(4);
  for (std::uint64_t exchange = 0; exchange < 400; ++exchange) {
    for (std::size_t m = 0; m < 4; ++m) {
      if (exchange % 2 == 0) {  // the first round of a step moves
        vector const g = game.field(static_cast<int>(m), w[m]);
        for (std::size_t i = 0; i < 20; ++i) w[m][i] -= eta * g[i];
      }
      vector p(20);
      for (std::size_t i = 0; i < 20; ++i) p[i] = w[m][i] + e[m][i];
      q[m] = said<sparse>(p, exchange, static_cast<std::uint32_t>(m));
      e[m] = test::difference(p, q[m]);
    }
    for (std::size_t m = 0; m < 4; ++m)
      for (std::size_t i = 0; i < 20; ++i) {
        double change = 0;
        for (std::size_t j = 0; j < 4; ++j)
          if (test::ring_weight(m, j) != 0) change += gamma * (test::ring_weight(m, j) - (j == m ? 1 : 0)) * q[j][i];
        w[m][i] += change;
      }
    if (exchange % 2 == 0) continue;
    t.step();
    for (std::size_t m = 0; m < 4; ++m) {
      REQUIRE(test::weights(t, static_cast<int>(m)) == w[m]);
      REQUIRE(test::memory(t, static_cast<int>(m)) == e[m]);
    }
  }
}

TEST_CASE("a skipped apply owes again what was sent at random places") {
  test::survives(omd{test::eta}, error_feedback<sparse>{}, parameter_server<>{}, test::effect::owed);
}

}  // namespace random_k_tests
