// Local SGDA, its extragradient and FL-GAN are the policies that they name.
#include "saddle/algorithm/local_sgda.hpp"

#include "../train/game.hpp"

#include "saddle/problem/acgan.hpp"

namespace local_sgda_tests {

using namespace saddle;
using test::vector;

TEST_CASE("local SGDA: each worker alone for some steps, then all at their average") {
  auto const game = test::smg(3);
  trainer<double> t{game, local_sgda<>{.optimizer = {0.05}, .topology = {.every = 4}}, loopback{3}, cpu{}};
  std::vector<vector> w(3, game.start);
  for (int step = 1; step <= 100; ++step) {
    for (int m = 0; m < 3; ++m) {
      vector& x = w[static_cast<std::size_t>(m)];
      vector const g = game.field(m, x);
      for (std::size_t i = 0; i < 20; ++i) x[i] -= 0.05 * g[i];
    }
    if (step % 4 == 0)
      for (std::size_t i = 0; i < 20; ++i) w[0][i] = w[1][i] = w[2][i] = (w[0][i] + w[1][i] + w[2][i]) / 3;
    t.step();
    for (int m = 0; m < 3; ++m) REQUIRE(test::distance(test::weights(t, m), w[static_cast<std::size_t>(m)]) < 1e-12);
  }
  CHECK(t.report().uplink.payload == 25 * 3 * 20 * 8);
}

TEST_CASE("the systems are their policies, to the bit") {
  auto const game = test::smg(3);
  auto const same = [&](auto how, auto... policies) {
    trainer<double> named{game, how, loopback{3}, cpu{}}, spelled{game, policies..., loopback{3}, cpu{}};
    named.run(50);
    spelled.run(50);
    CHECK(named.digest() == spelled.digest());
    CHECK(test::norm(test::weights(named)) > 1e-3);
  };
  same(local_extragradient{{0.05}, {}, {.every = 5}}, extragradient{0.05}, identity{},
       local_steps{parameter_server<>{}, 5});
  same(fl_gan<>{.optimizer = {.step_size = 0.01}, .topology = {.every = 5}}, adam{.step_size = 0.01}, identity{},
       local_steps{parameter_server<>{}, 5});
}

TEST_CASE("FL-GAN: a worker gets and sends the whole of the paper's GAN, once every so many steps") {
  samples data{.count = 4, .shape = {28, 28, 1}, .values = std::vector<float>(4 * 784), .labels = {0, 1, 2, 3}};
  acgan<double> const gan(data, {.batch = 1, .workers = 2});
  trainer<double> t{gan, fl_gan<>{.topology = {.every = 2}}, loopback{2}, cpu{}};
  t.run(5);
  report const r = t.report();
  std::int64_t const values = 716'560 + 670'219, rounds = 2, workers = 2;
  CHECK(4 * values == 5'547'116);  // the paper's bytes, of single precision
  CHECK(r.uplink.payload == rounds * workers * 8 * values);
  CHECK(r.downlink.payload == r.uplink.payload);
}

}  // namespace local_sgda_tests
