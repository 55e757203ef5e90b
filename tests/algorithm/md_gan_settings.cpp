// Where MD-GAN's generator ends when its feedbacks are compressed.
#include "saddle/algorithm/md_gan_settings.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "mirror.hpp"
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/natural.hpp"
#include "saddle/compressor/qsgd.hpp"
#include "saddle/compressor/scaled_sign.hpp"
#include "saddle/compressor/top_k.hpp"
#include "saddle/executor/cpu.hpp"
#include "saddle/optimizer/sgda.hpp"
#include "saddle/transport/loopback.hpp"

namespace md_gan_settings_tests {

using namespace saddle;
using test::vector;

namespace {

constexpr int samples_of_batch = 16, extent = 32, latent = 4;

/// Samples A z + c. Worker n pulls each of them to A_n z + c_n: all together to the means of these, where their
/// feedbacks cancel out, though none of them is zero. The discriminators do nothing.
struct linear_generator {
  using scalar = double;

  static double target(int worker, int i) { return std::sin(1.7 * i + 2.3 * worker + 0.5); }
  static int batch() { return samples_of_batch; }
  static int sample_size() { return extent; }
  static players sizes() { return {extent * (latent + 1), 1}; }
  static void initial(std::uint64_t, point<double> w) {
    for (double& x : w.min) x = 0;
    w.max[0] = 0;
  }
  static std::vector<vector> noise(sample z) {
    random_sequence random({.seed = z.seed,
                            .use = purpose::data_order,
                            .exchange = static_cast<std::uint64_t>(z.step),
                            .worker = static_cast<std::uint32_t>(z.worker)});
    std::vector<vector> all(samples_of_batch, vector(latent + 1, 1));  // the last is for c
    for (vector& one : all)
      for (std::size_t l = 0; l < latent; ++l) one[l] = random.normal();
    return all;
  }
  template <class Weight>
  static void add(Weight const& weight, sample z, double factor, std::span<double> out) {
    std::vector<vector> const all = noise(z);
    for (std::size_t s = 0; s < samples_of_batch; ++s)
      for (std::size_t i = 0; i < extent; ++i)
        for (std::size_t l = 0; l <= latent; ++l)
          out[s * extent + i] += factor * weight(i * (latent + 1) + l) * all[s][l];
  }
  static void generate(std::span<double const> w, sample z, std::span<double> out) {
    for (double& x : out) x = 0;
    add([&](std::size_t i) { return w[i]; }, z, 1, out);
  }
  static void pull_back(std::span<double const>, sample z, std::span<double const> feedback, std::span<double> out) {
    std::vector<vector> const all = noise(z);
    for (double& x : out) x = 0;
    for (std::size_t s = 0; s < samples_of_batch; ++s)
      for (std::size_t i = 0; i < extent; ++i)
        for (std::size_t l = 0; l <= latent; ++l)
          out[i * (latent + 1) + l] += feedback[s * extent + i] * all[s][l];
  }
  static void ascend(std::span<double const>, sample, generated_batch<double> const&, std::span<double> out) {
    out[0] = 0;
  }
  static void feedback(std::span<double const>, sample s, generated_batch<double> const& fake, std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = fake.values[i];
    add([&](std::size_t i) { return target(s.worker, static_cast<int>(i)); }, fake.noise, -1, out);
    for (double& x : out) x /= samples_of_batch;
  }
};
static_assert(split_gan<linear_generator>);

constexpr int workers = 4;

/// How far A and c are from the means of where the workers pull them, root mean square.
template <class Feedbacks>
double distance_with() {
  md_gan driver{linear_generator{}, md_gan_settings<sgda, sgda, identity, Feedbacks>{.generator = {0.02}},
                loopback{workers}, cpu{}};
  driver.run(4000);
  double sum = 0;
  std::span<double const> const w = driver.generator_weights();
  for (std::size_t i = 0; i < w.size(); ++i) {
    double mean = 0;
    for (int n = 0; n < workers; ++n) mean += linear_generator::target(n, static_cast<int>(i)) / workers;
    sum += (w[i] - mean) * (w[i] - mean);
  }
  return std::sqrt(sum / static_cast<double>(w.size()));
}

}  // namespace

TEST_CASE("md_gan: exact feedbacks lead to the mean, unbiased ones around it, biased ones elsewhere, memory or not") {
  CHECK(distance_with<identity>() < 1e-9);
  CHECK(distance_with<qsgd<512, 4>>() < 0.01);
  CHECK(distance_with<natural<512>>() < 0.02);
  CHECK(distance_with<with_bias<error_feedback<top_k<512, 8>>>>() > 0.1);
  CHECK(distance_with<with_bias<error_feedback<scaled_sign<512>>>>() > 0.04);
}

TEST_CASE("md_gan: a field that nothing would read is refused") {
  auto const refuses = [](auto how, char const* why) {
    CHECK_THROWS_WITH_AS((md_gan{linear_generator{}, how, loopback{workers}, cpu{}}), doctest::Contains(why),
                         std::invalid_argument);
  };
  refuses(md_gan_settings<>{.state = exchanged_state::moves}, "state says what an exchange does, and there are none");
  refuses(md_gan_settings<>{.state = exchanged_state::resets}, "state says what an exchange does, and there are none");
  CHECK_NOTHROW(md_gan{linear_generator{}, md_gan_settings<>{.exchange_every = 2, .state = exchanged_state::moves},
                       loopback{workers}, cpu{}});
}

}  // namespace md_gan_settings_tests
