// DQGAN on real data, end to end: four workers, 8 bits a coordinate, error feedback, a parameter server.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "saddle/games.hpp"

namespace digits_tests {

using namespace saddle;

namespace {

struct outcome {
  double distance;
  std::array<int, 10> classes;
  report r;
};

template <compression C>
outcome train(C const& compressor) {
  samples const real = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  mlp_gan<float> const gan(real, {.latent = 32, .batch = 16, .r1 = 0.3, .workers = 4});
  trainer t{gan, omd{.step_size = 0.05}, compressor, parameter_server<>{}, loopback{4}, cpu{2},
            settings{.seed = 1, .average = averaging::exponential, .decay = 0.998}};
  t.run(2000);
  samples const generated = gan.generate(t.averaged_weights(0).min, real.count, 1);
  outcome o{frechet_distance(real, generated), {}, t.report()};
  for (std::uint8_t const c : nearest_neighbour_classes(real, generated)) ++o.classes[c];
  return o;
}

}  // namespace

TEST_CASE("DQGAN learns the digits, as well as without compression and with a quarter of the bytes") {
  outcome const dqgan = train(error_feedback{qsgd<512, 8>{}}), dense = train(identity{});
  CHECK(dqgan.distance <= 1.0);
  CHECK(dqgan.distance <= 1.25 * dense.distance);
  CHECK(static_cast<double>(dqgan.r.uplink.total) <= 0.26 * static_cast<double>(dense.r.uplink.payload));
  for (int const n : dqgan.classes) CHECK(n >= 20);  // of 1797: none of the ten is forgotten
}

}  // namespace digits_tests
