// MD-GAN against plain loops over what the paper says.
#include "saddle/algorithm/md_gan.hpp"

#include "mirror.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/half.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/data/mixture.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/metric/modes.hpp"
#include "saddle/optimizer/clip.hpp"
#include "saddle/optimizer/extragradient.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/problem/acgan.hpp"
#include "saddle/problem/mlp_gan.hpp"
#include "saddle/transport/loopback.hpp"

namespace md_gan_tests {

using namespace saddle;
using test::discriminator, test::discriminators, test::distance, test::generator, test::vector;

namespace {

using gan = mlp_gan<double>;

gan small_gan(int workers, int batch = 5) {
  return {ring8().draw(200, 1),
          {.generator = {9}, .discriminator = {8}, .latent = 3, .batch = batch, .workers = workers}};
}

/// Adam as it is written in the paper, on gradients that are not longer than `longest`.
struct plain_adam {
  double step_size, beta1, beta2;
  vector m = {}, v = {};
  int n = 0;
  double longest = 1e300;
  int clipped = 0;
  void move(vector& w, vector gradient) {
    m.resize(w.size()), v.resize(w.size());
    ++n;
    double const norm = distance(gradient, vector(gradient.size()));
    if (norm > longest) {
      ++clipped;
      for (double& g : gradient) g *= longest / norm;
    }
    for (std::size_t i = 0; i < w.size(); ++i) {
      m[i] = beta1 * m[i] + (1 - beta1) * gradient[i];
      v[i] = beta2 * v[i] + (1 - beta2) * gradient[i] * gradient[i];
      w[i] -= step_size * (m[i] / (1 - std::pow(beta1, n))) / (std::sqrt(v[i] / (1 - std::pow(beta2, n))) + 1e-8);
    }
  }
};

/// MD-GAN by the paper's text: every feedback goes back through the generator by itself.
struct plain_md_gan {
  gan const& pair;
  int workers, k, steps;
  plain_adam of_generator, start_of_discriminators;
  vector x;
  std::vector<vector> theta;
  std::vector<plain_adam> adams;
  int step = 0;

  plain_md_gan(gan const& pair, int workers, int k, int steps, std::uint64_t seed, plain_adam g, plain_adam d)
      : pair(pair), workers(workers), k(k), steps(steps), of_generator(g), start_of_discriminators(d) {
    x.resize(static_cast<std::size_t>(pair.sizes().min));
    vector t(static_cast<std::size_t>(pair.sizes().max));
    pair.initial(seed, {x, t});
    theta.assign(static_cast<std::size_t>(workers), t);
    adams.assign(static_cast<std::size_t>(workers), d);
  }
  /// With those workers that are there, in ascending order.
  void advance(std::uint64_t seed, std::vector<int> const& present) {
    ++step;
    auto const values = static_cast<std::size_t>(pair.batch() * pair.sample_size());
    std::vector<vector> batches(static_cast<std::size_t>(k), vector(values));
    auto const noise = [&](std::size_t j) { return sample{seed, static_cast<int>(j), step}; };
    vector mean(x.size());
    for (std::size_t i = 0; i < present.size(); ++i) {
      auto const n = static_cast<std::size_t>(present[i]), g = i % static_cast<std::size_t>(k),
                 d = (i + 1) % static_cast<std::size_t>(k);
      for (std::size_t const j : {g, d}) pair.generate(x, noise(j), batches[j]);
      vector gradient(theta[n].size()), feedback(values), pulled(x.size());
      for (int l = 0; l < steps; ++l) {
        pair.ascend(theta[n], {seed, present[i], step}, {noise(d), batches[d]}, gradient);
        adams[n].move(theta[n], gradient);
      }
      pair.feedback(theta[n], {seed, present[i], step}, {noise(g), batches[g]}, feedback);
      pair.generate(x, noise(g), batches[g]);
      pair.pull_back(x, noise(g), feedback, pulled);
      for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += pulled[c] / static_cast<double>(present.size());
    }
    of_generator.move(x, mean);
  }
};

std::vector<int> all_of(int workers) {
  std::vector<int> n;
  for (int i = 0; i < workers; ++i) n.push_back(i);
  return n;
}

}  // namespace

TEST_CASE("md_gan: one worker, one batch, one step is an ordinary GAN whose discriminator moves first, to the bit") {
  auto const pair = small_gan(1);
  md_gan driver{pair, md_gan_settings<sgda, sgda>{.generator = {0.1}, .discriminator = {0.2}, .seed = 4}, loopback{1},
                cpu{}};
  vector x(static_cast<std::size_t>(pair.sizes().min)), theta(static_cast<std::size_t>(pair.sizes().max));
  pair.initial(4, {x, theta});
  for (int step = 1; step <= 50; ++step) {
    sample const s{.seed = 4, .worker = 0, .step = step};
    vector gx(x.size()), gt(theta.size());
    pair.gradient({x, theta}, s, {gx, gt}, player::max);
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= 0.2 * gt[i];
    pair.gradient({x, theta}, s, {gx, gt}, player::min);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] -= 0.1 * gx[i];
    driver.step();
    REQUIRE(generator(driver) == x);
    REQUIRE(discriminator(driver, 0) == theta);
  }
}

TEST_CASE("md_gan: k passes through the generator give the mean over all workers, as so many passes would") {
  for (auto const& [workers, k, steps] : {std::tuple{1, 1, 1}, {2, 2, 1}, {5, 1, 2}, {5, 3, 1}, {6, 6, 3}}) {
    CAPTURE(workers);
    CAPTURE(k);
    auto const pair = small_gan(workers);
    schedule const of_generator = schedule::linear(1e-3, 30, 1e-4), of_discriminators = schedule::cosine(2e-3, 15, 1e-4);
    md_gan driver{pair,
                  md_gan_settings<>{.generator = {.step_size = of_generator, .beta1 = 0.5},
                                    .discriminator = {.step_size = of_discriminators, .beta1 = 0},
                                    .batches = k,
                                    .discriminator_steps = steps,
                                    .seed = 4},
                  loopback{workers}, cpu{}};
    plain_md_gan plain(pair, workers, k, steps, 4, {1e-3, 0.5, 0.999}, {2e-3, 0, 0.999});
    for (int step = 0; step < 20; ++step) {
      driver.step();
      plain.of_generator.step_size = of_generator(step + 1);  // both go on once a step, whatever L is
      for (plain_adam& a : plain.adams) a.step_size = of_discriminators(step + 1);
      plain.advance(4, all_of(workers));
      REQUIRE(distance(generator(driver), plain.x) < 1e-10);
      for (int n = 0; n < workers; ++n)
        REQUIRE(distance(discriminator(driver, n), plain.theta[static_cast<std::size_t>(n)]) < 1e-10);
    }
    CHECK(driver.report().passes ==
          per_pass{.generate = 20 * k, .pull_back = 20 * k, .ascend = 20 * workers * steps, .feedback = 20 * workers});
    auto start = plain_md_gan(pair, workers, k, steps, 4, {}, {}).x;
    CHECK(distance(generator(driver), start) > 1e-2);
  }
}

TEST_CASE("md_gan: gradients are clipped by the norm of the generator's mean, and of each discriminator") {
  auto const pair = small_gan(3);
  using clipped = clip_by_norm<adam>;
  md_gan driver{pair,
                md_gan_settings<clipped, clipped>{.generator = {{.step_size = 1e-2}, 0.07},
                                                  .discriminator = {{.step_size = 1e-2}, 0.5},
                                                  .batches = 2,
                                                  .discriminator_steps = 2,
                                                  .seed = 4},
                loopback{3}, cpu{.threads = 2}};
  plain_md_gan plain(pair, 3, 2, 2, 4, {1e-2, 0.9, 0.999, {}, {}, 0, 0.07}, {1e-2, 0.9, 0.999, {}, {}, 0, 0.5});
  for (int step = 0; step < 20; ++step) {
    driver.step();
    plain.advance(4, all_of(3));
    REQUIRE(distance(generator(driver), plain.x) < 1e-10);
    for (int n = 0; n < 3; ++n)
      REQUIRE(distance(discriminator(driver, n), plain.theta[static_cast<std::size_t>(n)]) < 1e-10);
  }
  MESSAGE("clipped: ", plain.of_generator.clipped, " of 20 and ", plain.adams[1].clipped, " of 40");
  CHECK(plain.of_generator.clipped % 20 != 0);
  CHECK(plain.adams[1].clipped % 40 != 0);
}

TEST_CASE("md_gan: whoever has left is in no mean, and when all have left nothing moves") {
  auto const pair = small_gan(4);
  md_gan driver{pair,
                md_gan_settings<>{.generator = {.step_size = 1e-3},
                                  .discriminator = {.step_size = 2e-3},
                                  .batches = 3,
                                  .departures = {{2, 6}, {0, 11}, {1, 16}, {3, 21}},
                                  .seed = 4},
                loopback{4}, cpu{}};
  plain_md_gan plain(pair, 4, 3, 1, 4, {1e-3, 0.9, 0.999}, {2e-3, 0.9, 0.999});
  for (int step = 1; step <= 20; ++step) {
    std::vector<int> present;
    if (step < 11) present.push_back(0);
    if (step < 16) present.push_back(1);
    if (step < 6) present.push_back(2);
    present.push_back(3);
    driver.step();
    plain.advance(4, present);
    REQUIRE(driver.report().workers == static_cast<int>(present.size()));
    REQUIRE(distance(generator(driver), plain.x) < 1e-10);
  }
  for (int n = 0; n < 4; ++n)
    CHECK(distance(discriminator(driver, n), plain.theta[static_cast<std::size_t>(n)]) < 1e-10);
  auto const then = driver.digest();
  auto const bytes = driver.report().uplink;
  driver.run(3);
  CHECK(driver.digest() == then);
  CHECK(driver.report().uplink == bytes);
  CHECK((driver.report().workers == 0 && driver.report().step == 23));
  // Nobody has sent, or worked at, what it had left before. Batches that nobody gets are not made.
  CHECK(bytes.payload == (5 * 4 + 5 * 3 + 5 * 2 + 5) * 5 * 2 * 8);
  CHECK(driver.report().passes ==
        per_pass{.generate = 5 * (3 + 3 + 3 + 2), .pull_back = 5 * (3 + 3 + 2 + 1), .ascend = 50, .feedback = 50});
}

namespace {

/// Moves of discriminators in one exchange: worker n got that of from[n].
std::vector<int> moves(std::vector<vector> const& before, std::vector<vector> const& after) {
  std::vector<int> from;
  for (vector const& one : after)
    from.push_back(static_cast<int>(std::ranges::find(before, one) - before.begin()));
  return from;
}

}  // namespace

TEST_CASE("md_gan: discriminators are exchanged along one cycle through all, and nothing else changes") {
  for (int workers = 1; workers <= 6; ++workers) {
    auto const pair = small_gan(workers);
    std::set<std::vector<int>> seen;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      md_gan_settings<> how{.exchange_every = 2, .seed = seed};
      md_gan driver{pair, how, loopback{workers}, cpu{}};
      how.exchange_every = 0;
      md_gan stays{pair, how, loopback{workers}, cpu{}};
      driver.step();
      stays.step();
      REQUIRE(driver.digest() == stays.digest());
      driver.step();
      stays.step();
      REQUIRE(generator(driver) == generator(stays));
      auto const from = moves(discriminators(stays), discriminators(driver));
      int at = 0, length = 0;
      do at = from[static_cast<std::size_t>(at)], ++length;
      while (at != 0 && length < workers);
      CHECK((at == 0 && length == workers));
      seen.insert(from);
      CHECK(driver.report().exchanges == (workers > 1 ? 1 : 0));
      CHECK(driver.report().exchanged.payload == (workers > 1 ? workers * pair.sizes().max * 8 : 0));
      CHECK(stays.report().exchanged.payload == 0);
    }
    std::size_t cycles = 1;  // (workers - 1)!
    for (std::size_t i = 2; i < static_cast<std::size_t>(workers); ++i) cycles *= i;
    if (workers <= 4) CHECK(seen.size() == cycles);
    else CHECK(seen.size() > 10);
  }
}

TEST_CASE("md_gan: Adam's moments move with the discriminator, stay, or begin anew") {
  auto const pair = small_gan(4);
  for (exchanged_state const state : {exchanged_state::moves, exchanged_state::stays, exchanged_state::resets}) {
    CAPTURE(static_cast<int>(state));
    md_gan driver{pair,
                  md_gan_settings<>{.batches = 2,
                                    .discriminator_steps = 2,
                                    .exchange_every = 5,
                                    .state = state,
                                    .departures = {{1, 18}},
                                    .seed = 4},
                  loopback{4}, cpu{}};
    plain_md_gan plain(pair, 4, 2, 2, 4, {1e-3, 0.9, 0.999}, {1e-3, 0.9, 0.999});
    for (int step = 1; step <= 30; ++step) {
      std::vector<int> const present = step < 18 ? all_of(4) : std::vector<int>{0, 2, 3};
      driver.step();
      plain.advance(4, present);
      if (step % 5 == 0) {
        auto const theta = plain.theta;
        auto const adams = plain.adams;
        for (int const n : present) {
          auto const i = static_cast<std::size_t>(n);
          auto const nearest = std::ranges::min_element(
              theta, {}, [&](vector const& t) { return distance(t, discriminator(driver, n)); });
          auto const j = static_cast<std::size_t>(nearest - theta.begin());
          REQUIRE(i != j);
          plain.theta[i] = theta[j];
          if (state == exchanged_state::moves) plain.adams[i] = adams[j];
          if (state == exchanged_state::resets) plain.adams[i] = plain.start_of_discriminators;
        }
      }
      REQUIRE(distance(generator(driver), plain.x) < 1e-9);
      for (int n = 0; n < 4; ++n)
        REQUIRE(distance(discriminator(driver, n), plain.theta[static_cast<std::size_t>(n)]) < 1e-9);
    }
    std::int64_t const discriminators = 4 * 3 + 3 * 3, each = pair.sizes().max * 8;
    CHECK(driver.report().exchanges == 6);
    CHECK(driver.report().exchanged.payload == discriminators * each * (state == exchanged_state::moves ? 3 : 1));
  }
}

namespace {

/// Images of nothing in ten classes.
samples noise(int count, sample_shape shape = {28, 28, 1}) {
  samples s{.count = count, .shape = shape, .bounds = range{0, 1}};
  random_sequence random({.seed = 5, .use = purpose::evaluation});
  for (int i = 0; i < count * s.shape.size(); ++i) s.values.push_back(static_cast<float>(random.uniform()));
  for (int i = 0; i < count; ++i) s.labels.push_back(static_cast<std::uint8_t>(i % 10));
  return s;
}

}  // namespace

TEST_CASE("md_gan: ten workers, batches of ten, five steps on images of 784 values: the paper's bytes") {
  acgan<float> const pair(noise(20), {.generator = {4}, .discriminator = {4}, .latent = 11, .workers = 10});
  for (int const k : {1, 4, 10}) {
    md_gan driver{pair, md_gan_settings<>{.batches = k, .exchange_every = 5}, loopback{10}, cpu{}};
    driver.run(5);
    auto const r = driver.report();
    CHECK(r.uplink.payload == 1'568'000);
    CHECK(r.downlink.payload == 3'136'000);
    CHECK(r.exchanged.payload == 10 * pair.sizes().max * 4);
    CHECK(r.uplink.total > r.uplink.payload);
  }
}

TEST_CASE("md_gan: the paper's table of messages: bytes of an iteration of ten workers, on MNIST and on CIFAR-10") {
  struct row {
    sample_shape shape;
    int batch;
    std::int64_t server_out, worker_in, worker_out;
  };
  for (row const& r : {row{{28, 28, 1}, 10, 627'200, 62'720, 31'360},
                       {{28, 28, 1}, 100, 6'272'000, 627'200, 313'600},
                       {{32, 32, 3}, 10, 2'457'600, 245'760, 122'880},
                       {{32, 32, 3}, 100, 24'576'000, 2'457'600, 1'228'800}}) {
    acgan<float> const pair(noise(20, r.shape), {.generator = {4}, .discriminator = {4}, .latent = 11,
                                                 .batch = r.batch, .workers = 10});
    md_gan driver{pair, md_gan_settings<>{.batches = 4}, loopback{10}, cpu{}};
    driver.step();
    auto const now = driver.report();
    CHECK(now.downlink.payload == r.server_out);
    CHECK(now.downlink.payload == 10 * r.worker_in);
    CHECK(now.uplink.payload == 10 * r.worker_out);
  }
}

TEST_CASE("md_gan: the paper's perceptrons on two workers: a discriminator is 2,680,876 bytes, and classes need none") {
  acgan<float> const pair(noise(20), {.workers = 2});
  md_gan driver{pair, md_gan_settings<>{.batches = 2, .exchange_every = 2, .state = exchanged_state::moves},
                loopback{2}, cpu{}};
  driver.run(2);
  auto const r = driver.report();
  CHECK(r.exchanged.payload == 2 * 3 * 2'680'876);
  CHECK(r.downlink.payload == 2 * 2 * 62'720);
  CHECK(r.uplink.payload == 2 * 2 * 31'360);
  CHECK(driver.generator_weights().size() == 716'560);
  CHECK(r.skipped_steps == 0);
}

TEST_CASE("md_gan: four discriminators, each next to its own data, teach one generator a mixture, class by class") {
  mixture const m = ring8();
  acgan<float> const pair(m.draw(4000, 1), {.generator = {64, 64},
                                            .discriminator = {64, 64},
                                            .latent = 12,
                                            .classes = 8,
                                            .batch = 32,
                                            .workers = 4});
  auto const learns = [&](auto settings) {
    settings.generator = settings.discriminator = adam{.step_size = 2e-3, .beta1 = 0.5};
    settings.batches = 2;
    settings.exchange_every = 30;
    md_gan driver{pair, settings, loopback{4}, cpu{}};
    CHECK(modes(pair.generate(driver.generator_weights(), 1000, 1), m.centres, 0.2 / 3).covered == 0);
    driver.run(600);
    auto const made = pair.generate(driver.generator_weights(), 1000, 1);
    auto const score = modes(made, m.centres, 0.2 / 3);
    int near_their_own = 0;  // centres are 1.08 apart
    for (int i = 0; i < made.count; ++i) {
      auto const& centre = m.centres[made.labels[static_cast<std::size_t>(i)]];
      near_their_own += std::hypot(static_cast<double>(made[i][0]) - centre[0],
                                   static_cast<double>(made[i][1]) - centre[1]) < 0.5;
    }
    CHECK(score.covered == 8);
    CHECK(score.good > 0.4);
    CHECK(near_their_own > 900);
  };
  learns(md_gan_settings<>{});
  learns(md_gan_settings<adam, adam, half<128>, qsgd<128, 4>, half<128>>{});
  using nearest = with_bias<error_feedback<qsgd<128, 4, rounding::nearest>>>;
  learns(md_gan_settings<adam, adam, half<128>, nearest, half<128>>{});
}

TEST_CASE("md_gan: an optimizer of two gradients a step moves the discriminators, not the generator") {
  auto const pair = small_gan(2);
  md_gan driver{pair, md_gan_settings<sgda, extragradient>{.discriminator = {0.1}, .seed = 4}, loopback{2}, cpu{}};
  vector x(static_cast<std::size_t>(pair.sizes().min)), theta(static_cast<std::size_t>(pair.sizes().max));
  pair.initial(4, {x, theta});
  vector fake(10), g(theta.size()), h = theta;
  sample const s{.seed = 4, .worker = 1, .step = 1}, z{.seed = 4, .worker = 0, .step = 1};
  pair.generate(x, z, fake);
  pair.ascend(theta, s, {z, fake}, g);
  for (std::size_t i = 0; i < h.size(); ++i) h[i] -= 0.1 * g[i];
  pair.ascend(h, s, {z, fake}, g);
  for (std::size_t i = 0; i < h.size(); ++i) theta[i] -= 0.1 * g[i];
  driver.step();
  CHECK(discriminator(driver, 1) == theta);
  CHECK_THROWS_AS((md_gan{pair, md_gan_settings<extragradient, sgda>{}, loopback{2}, cpu{}}), std::invalid_argument);
}

TEST_CASE("md_gan: what makes no sense is refused with a sentence") {
  auto const pair = small_gan(3);
  auto const refuses = [&](std::string const& why, md_gan_settings<> const& how, int workers = 3) {
    CAPTURE(why);
    try {
      md_gan driver{pair, how, loopback{workers}, cpu{}};
      FAIL("it was accepted");
    } catch (std::invalid_argument const& e) {
      CAPTURE(e.what());
      CHECK(std::string(e.what()).find(why) != std::string::npos);
    }
  };
  refuses("4 workers, but the pair has data for 3", {}, 4);
  refuses("4 batches for 3 workers", {.batches = 4});
  refuses("0 batches for 3 workers", {.batches = 0});
  refuses("md_gan: discriminator_steps is at least 1, and is 0", {.discriminator_steps = 0});
  refuses("md_gan: exchange_every is a positive number of steps, or 0: never, and is -1", {.exchange_every = -1});
  for (double bad : {-0.1, std::numeric_limits<double>::quiet_NaN()}) {
    std::string const why = "adam: step_size is finite and not negative, and is " + number_text(bad);
    refuses(why, {.generator = {.step_size = bad}});
    refuses(why, {.discriminator = {.step_size = bad}});
  }
  refuses("md_gan: generator_box has lo <= hi", {.generator_box = {std::numeric_limits<double>::quiet_NaN(), 1}});
  refuses("leaves before a step", {.departures = {{3, 1}}});
  refuses("leaves before a step", {.departures = {{0, 0}}});
  refuses("leaves once", {.departures = {{1, 5}, {0, 2}, {1, 7}}});
  refuses("lo <= hi", {.discriminator_box = {1, -1}});
  md_gan driver{pair, md_gan_settings<>{}, loopback{3}, cpu{}};
  CHECK_THROWS_AS(driver.discriminator_weights(3), std::invalid_argument);
}

}  // namespace md_gan_tests
