#include "gan_task.hpp"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>

#include <saddle/data/cifar.hpp>
#include <saddle/data/digits.hpp>
#include <saddle/data/idx.hpp>
#include <saddle/data/mixture.hpp>
#include <saddle/metric/modes.hpp>

#include "judge.hpp"

namespace evidence {
namespace {

gan_task image_task(std::string name, saddle::samples real, saddle::mlp_gan_options game, double step_size,
                    std::int64_t steps, double average_decay, int epochs, int threads) {
  // It learns when it is asked first: whoever reads runs that are known needs no judge.
  struct later {
    std::once_flag once;
    std::optional<judge> eye;
  };
  auto const judged = [lazy = std::make_shared<later>(), real, epochs, threads](saddle::samples const& made) {
    std::call_once(lazy->once, [&] { lazy->eye.emplace(real, epochs, threads); });
    return lazy->eye->distance(made);
  };
  return {.name = std::move(name),
          .real = std::move(real),
          .game = std::move(game),
          .step_size = step_size,
          .steps = steps,
          .average_decay = average_decay,
          .measure = "Frechet distance of a classifier's features",
          .distance = judged,
          .factor = 1.2,
          .margin = 0};
}

}  // namespace

saddle::samples digits() { return saddle::read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz"); }

gan_task ring8_task(int workers, std::int64_t steps) {
  saddle::mixture const m = saddle::ring8();
  return {.name = "ring8",
          .real = m.draw(10000, 1),
          .game = {.latent = 16, .batch = 32, .r1 = 0.2, .workers = workers},
          .step_size = 3e-3,
          .steps = steps,
          .average_decay = 0.999,
          .measure = "1 - share of points near a centre * share of centres",
          .distance = [m](saddle::samples const& s) {
            saddle::mode_score const score = saddle::modes(s, m.centres, m.deviation);
            return 1 - score.good * score.covered / static_cast<double>(m.centres.size());
          },
          .factor = 1,
          .margin = 0.05};
}

gan_task digits_task(int workers, std::int64_t steps, bool small, int threads) {
  int const width = small ? 64 : 128;
  return image_task("digits", digits(),
                    {.generator = {width, width}, .discriminator = {width, width}, .latent = small ? 16 : 32,
                     .batch = small ? 16 : 32, .r1 = 1, .workers = workers},
                    5e-4, steps, small ? 0.99 : 0.999, 60, threads);
}
gan_task mnist_task(int workers, std::int64_t steps, int threads) {
  return image_task("MNIST", saddle::read_idx_folder(std::getenv("SADDLE_MNIST"), "train"),
                    {.generator = {256, 256}, .discriminator = {256, 256}, .latent = 64, .batch = 32, .r1 = 1,
                     .workers = workers},
                    2e-4, steps, 0.999, 4, threads);
}

gan_task cifar_task(int workers, std::int64_t steps, int threads) {
  std::string const folder = std::getenv("SADDLE_CIFAR");
  return image_task("CIFAR-10", saddle::read_cifar(folder + "/jpeg_train.20000.bin.gz"),
                    {.generator = {512, 512}, .discriminator = {512, 512}, .latent = 100, .batch = 32, .r1 = 1,
                     .workers = workers},
                    2e-4, steps, 0.999, 4, threads);
}

}  // namespace evidence
