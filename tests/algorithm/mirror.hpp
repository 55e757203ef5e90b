#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "../vectors.hpp"
#include "saddle/algorithm/md_gan.hpp"

/// What the tests of MD-GAN share: what is read off a driver, and a pair of networks that needs no library.
namespace test {

template <class Driver>
vector generator(Driver const& d) {
  auto const w = d.generator_weights();
  return {w.begin(), w.end()};
}
template <class Driver>
vector discriminator(Driver const& d, int worker) {
  auto const w = d.discriminator_weights(worker);
  return {w.begin(), w.end()};
}
template <class Driver>
std::vector<vector> discriminators(Driver const& d) {
  std::vector<vector> all;
  for (int n = 0; n < d.workers(); ++n) all.push_back(discriminator(d, n));
  return all;
}

/// The smallest pair there is: the generator's weights are the batch, and the discriminators pull at it from where they
/// are. What a message loses is seen at once.
struct mirror {
  using scalar = double;
  int samples = 3, values = 100;
  std::int64_t breaks_at = 0;  // the step in which worker 1 feeds back what is no number

  int batch() const { return samples; }
  int sample_size() const { return values; }
  saddle::players sizes() const { return {samples * values, samples * values}; }
  void initial(std::uint64_t seed, saddle::point<double> w) const {
    saddle::random_sequence random({.seed = seed, .use = saddle::purpose::initial_weights});
    for (int p = 0; p < 2; ++p)
      for (double& v : w.of(p)) v = random.normal();
  }
  /// Of another batch: the other way round.
  void generate(std::span<double const> x, saddle::sample z, std::span<double> out) const {
    std::ranges::copy(x, out.begin());
    if (z.worker % 2 == 1) std::ranges::reverse(out);
  }
  void pull_back(std::span<double const>, saddle::sample z, std::span<double const> feedback,
                 std::span<double> out) const {
    generate(feedback, z, out);
  }
  void ascend(std::span<double const> theta, saddle::sample s, saddle::generated_batch<double> const& fake,
              std::span<double> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = theta[i] - fake.values[i] + s.worker;
  }
  void feedback(std::span<double const> theta, saddle::sample s, saddle::generated_batch<double> const& fake,
                std::span<double> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = fake.values[i] - theta[i] / (1 + s.worker);
    if (s.step == breaks_at && s.worker == 1) out[130] = std::numeric_limits<double>::infinity();
  }
};
static_assert(saddle::split_gan<mirror>);

}  // namespace test
