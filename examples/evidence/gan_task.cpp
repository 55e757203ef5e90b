#include "gan_task.hpp"

#include <memory>
#include <mutex>
#include <optional>

#include <saddle/data/cifar.hpp>
#include <saddle/data/digits.hpp>
#include <saddle/data/mixture.hpp>
#include <saddle/metric/modes.hpp>

#include "judge.hpp"

namespace evidence {
namespace {

/// Judged by images of `load()`, which are read again when the judge is first asked: a run that is known needs none.
gan_task image_task(std::string name, image_set (*load)(), saddle::samples real, saddle::mlp_gan_options game,
                    double step_size, std::int64_t steps, double average_decay, int threads,
                    std::filesystem::path const& folder = {}) {
  struct later {
    std::once_flag once;
    std::optional<judge> eye;
  };
  return {.name = std::move(name),
          .real = std::move(real),
          .game = std::move(game),
          .step_size = step_size,
          .steps = steps,
          .average_decay = average_decay,
          .measure = "Frechet distance of a classifier's features",
          .distance =
              [=, judged = std::make_shared<later>()](saddle::samples const& made) {
                std::call_once(judged->once, [&] { judged->eye.emplace(load(), threads, folder); });
                return judged->eye->distance(made);
              },
          .factor = 1.2,
          .margin = 0};
}

}  // namespace

any_gan any_gan_of(saddle::mlp_gan<float> perceptrons) {
  struct shared final : saddle::erased_problem<saddle::mlp_gan<float>> {
    using erased_problem::erased_problem;
    saddle::mlp_gan<float> const& gan() const { return problem_; }
  };
  auto const game = std::make_shared<shared>(std::move(perceptrons));
  return {{game, {game->gan().tensors(saddle::player::min), game->gan().tensors(saddle::player::max)}},
          [game](std::span<float const> weights, std::span<float const>, int count) {
            return game->gan().generate(weights, count, 1);
          }};
}
any_gan perceptrons(saddle::samples const& real, saddle::mlp_gan_options const& sizes) {
  return any_gan_of({real, sizes});
}

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
  return image_task("digits", digits_images, digits(),
                    {.generator = {width, width}, .discriminator = {width, width}, .latent = small ? 16 : 32,
                     .batch = small ? 16 : 32, .r1 = 1, .workers = workers},
                    5e-4, steps, small ? 0.99 : 0.999, threads);
}
gan_task mnist_task(int workers, std::int64_t steps, int threads, std::filesystem::path const& folder) {
  return image_task("MNIST", mnist_images, mnist_images().train,
                    {.generator = {256, 256}, .discriminator = {256, 256}, .latent = 64, .batch = 32, .r1 = 1,
                     .workers = workers},
                    2e-4, steps, 0.999, threads, folder);
}
gan_task cifar_task(int workers, std::int64_t steps, int threads, std::filesystem::path const& folder) {
  return image_task("CIFAR-10", cifar_images, cifar_images().train,
                    {.generator = {512, 512}, .discriminator = {512, 512}, .latent = 100, .batch = 32, .r1 = 1,
                     .workers = workers},
                    2e-4, steps, 0.999, threads, folder);
}
gan_task with_dcgan(gan_task task) {
  bool const coloured = task.real.shape.channels > 1;
  task.name += ", DCGAN";
  task.make = dcgan;
  task.game.generator = task.game.discriminator = coloured ? std::vector{32, 64, 128} : std::vector{32, 64};
  task.game.r1 = 0;
  task.step_size = 5e-4;
  task.average_decay = 0.99;
  return task;
}

}  // namespace evidence
