// DQGAN on real data with everything on the device: the data, the gradients, the step.
#include <doctest/doctest.h>

#include <string>

#include "small_device.hpp"
#include "saddle/problem/mlp_gan.cuh"
// It knows how to include Eigen under nvcc, so the others come after it.
#include "saddle/cuda.cuh"
#include "saddle/data/digits.hpp"
#include "saddle/metric/frechet.hpp"

using namespace saddle;

TEST_CASE("DQGAN learns the digits on the device, and starts as on the CPU") {
  samples const real = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  mlp_gan_options how;
  how.batch = 16;
  how.r1 = 0.3;
  how.workers = 4;
  mlp_gan<float> const gan(real, how);
  settings const s{.seed = 1, .average = averaging::exponential, .decay = 0.998};
  auto const make = [&](auto executor) {
    return trainer{gan,         omd{.step_size = 0.05}, error_feedback{qsgd<512, 8>{}}, parameter_server<>{},
                   loopback{4}, executor,               s};
  };
  auto there = make(saddle::cuda{});
  auto here = make(cpu{});
  there.run(3);
  here.run(3);
  for (int p = 0; p < 2; ++p)
    for (std::size_t i = 0; i < here.weights(0).of(p).size(); ++i)
      CHECK(there.weights(0).of(p)[i] == doctest::Approx(here.weights(0).of(p)[i]).epsilon(0.01).scale(0.01));
  CHECK(there.report().skipped_steps == 0);
  if (small_device()) return;  // which would take hours
  there.run(1997);
  CHECK(frechet_distance(real, gan.generate(there.averaged_weights(0).min, real.count, 1)) <= 1.0);
  CHECK(there.report().skipped_steps == 0);
}
