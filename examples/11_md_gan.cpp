// MD-GAN on handwritten digits: ten workers, each a discriminator next to its own data, teach the one generator of a
// server. Nothing travels but generated samples and, compressed to 4 bits, the derivatives by them; and now and then a
// discriminator.
#include <cstdio>
#include <saddle/algorithm/md_gan.hpp>
#include <saddle/games.hpp>

int main() {
  using namespace saddle;
  samples const digits = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  acgan<> const pair(digits, {.generator = {128, 128}, .discriminator = {128, 128}, .latent = 42, .workers = 10});
  using four_bits = qsgd<128, 4>;  // rounded at random: unbiased
  adam const how{.step_size = 1e-3, .beta1 = 0.5};
  md_gan driver{pair,
                md_gan_settings<adam, adam, identity, four_bits>{
                    .generator = how, .discriminator = how, .batches = 4, .exchange_every = 18},  // every epoch
                loopback{.workers = 10}, cpu{}};
  double distance = 0;
  for (int i = 0; i < 4; ++i) {
    driver.run(250);
    distance = frechet_distance(digits, pair.generate(driver.generator_weights(), digits.count, 1));
    md_gan_report const r = driver.report();
    std::printf("step %4d: distance %.2f; a worker got %.2f MB and sent %.2f MB, and %.2f MB to others\n",
                static_cast<int>(r.step), distance, static_cast<double>(r.downlink.payload) / 1e7,
                static_cast<double>(r.uplink.payload) / 1e7, static_cast<double>(r.exchanged.payload) / 1e7);
  }
  return distance < 2 ? 0 : 1;
}
