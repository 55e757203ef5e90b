// Local SGDA, its extragradient and FL-GAN are the policies that they name.
#include "saddle/algorithm/local_sgda.hpp"

#include <algorithm>

#include "../train/game.hpp"
#include "saddle/algorithm/md_gan.hpp"

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
  adam const slow{.step_size = 0.01}, fast{.step_size = 0.03};
  same(fl_gan<>{.optimizer = {slow, fast}, .topology = {.every = 5}},
       alternating_players<adam, adam, first_mover::max>{slow, fast}, identity{}, local_steps{parameter_server<>{}, 5});
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

TEST_CASE("FL-GAN: discriminators move first, generators answer; the last step of a round answers to the average") {
  auto const game = test::smg(3);
  trainer<double> t{game, fl_gan<sgda>{.optimizer = {{0.05}, {0.1}}, .topology = {.every = 3}}, loopback{3}, cpu{}};
  std::vector<vector> w(3, game.start);
  auto const average = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) w[0][i] = w[1][i] = w[2][i] = (w[0][i] + w[1][i] + w[2][i]) / 3;
  };
  std::size_t const n = game.min, all = game.start.size();
  for (int step = 1; step <= 30; ++step) {
    for (int m = 0; m < 3; ++m) {
      vector& x = w[static_cast<std::size_t>(m)];
      vector const g = game.field(m, x);
      for (std::size_t i = n; i < all; ++i) x[i] -= 0.1 * g[i];
    }
    if (step % 3 == 0) average(n, all);
    for (int m = 0; m < 3; ++m) {
      vector& x = w[static_cast<std::size_t>(m)];
      vector const g = game.field(m, x);
      for (std::size_t i = 0; i < n; ++i) x[i] -= 0.05 * g[i];
    }
    if (step % 3 == 0) average(0, n);
    t.step();
    for (int m = 0; m < 3; ++m) REQUIRE(test::distance(test::weights(t, m), w[static_cast<std::size_t>(m)]) < 1e-12);
  }
}

TEST_CASE("FL-GAN with one worker and MD-GAN with one worker and k = L = 1 are one GAN, to the bit") {
  samples data{.count = 40, .shape = {3, 4, 1}, .bounds = range{0, 1}};
  random_sequence random({.seed = 5, .use = purpose::evaluation});
  for (int i = 0; i < 40 * 12; ++i) data.values.push_back(static_cast<float>(random.uniform()));
  for (int i = 0; i < 40; ++i) data.labels.push_back(static_cast<std::uint8_t>(i % 3));
  adam const slow{.step_size = 1e-3, .beta1 = 0.5}, fast{.step_size = 4e-3, .beta1 = 0.5};
  for (gan_loss const loss : {gan_loss::non_saturating, gan_loss::saturating})
    for (int threads : {1, 2}) {
      acgan<float> const gan(
          data, {.generator = {16}, .discriminator = {16}, .latent = 9, .classes = 3, .batch = 5, .loss = loss});
      md_gan apart{gan, md_gan_settings<>{.generator = slow, .discriminator = fast, .seed = 4}, loopback{1},
                   cpu{threads}};
      trainer<float> together{gan, fl_gan<>{.optimizer = {slow, fast}, .topology = {.every = 1000}}, loopback{1},
                              cpu{threads}, settings{.seed = 4}};
      std::vector<float> const start(apart.generator_weights().begin(), apart.generator_weights().end());
      for (int step = 1; step <= 30; ++step) {
        apart.step();
        together.step();
        REQUIRE(std::ranges::equal(apart.generator_weights(), together.weights(0).min));
        REQUIRE(std::ranges::equal(apart.discriminator_weights(0), together.weights(0).max));
      }
      CHECK(!std::ranges::equal(apart.generator_weights(), start));
    }
}

}  // namespace local_sgda_tests
